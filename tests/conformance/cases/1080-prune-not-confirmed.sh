docker container prune </dev/null; echo " $?"
docker volume prune -a </dev/null; echo " $?"
docker network prune </dev/null; echo " $?"
echo n | docker system prune; echo " $?"
echo y | docker container prune
