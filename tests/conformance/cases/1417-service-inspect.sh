docker service inspect a b
docker service inspect --pretty --format x a
docker service inspect --format '{{' a
docker service inspect -f prettyx a
