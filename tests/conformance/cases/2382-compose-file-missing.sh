docker compose -f nothing.yaml up -d; COMPOSE_FILE=nothing.yaml docker compose ps
