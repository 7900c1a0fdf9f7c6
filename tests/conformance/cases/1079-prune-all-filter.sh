docker volume prune -f --filter all=x
docker volume prune -f --filter all=1 --filter all=0
docker volume prune -a --filter all=1
docker volume prune -f --filter until=1h
