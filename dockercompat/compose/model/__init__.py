"""The canonical project: what `docker compose config` prints."""
