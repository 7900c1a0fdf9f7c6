docker system prune </dev/null; echo
docker system prune -a --volumes --filter label=b --filter label=a </dev/null; echo
docker system prune -f --volumes --filter until=1h
