docker compose up -d; docker compose ps; docker compose config; docker compose down; docker compose logs; docker compose build
