docker compose ls; docker compose ls -q; docker compose ls extra
