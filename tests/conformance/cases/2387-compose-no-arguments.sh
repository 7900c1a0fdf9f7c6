docker compose | head -4; docker compose --help | head -3; docker compose up --help | head -4; docker compose help ps | head -4
