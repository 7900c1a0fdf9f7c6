docker container prune -f --filter until=x
docker container prune -f --filter until=
docker container prune -f --filter until=1h --filter until=2h
docker network prune -f --filter until=tomorrow
docker network prune -f --filter until=1h --filter until=2h
docker system prune -f --filter until=x
