"""Handlers of `docker compose`, a file a command or a group of them that belong together."""
