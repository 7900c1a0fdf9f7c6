docker node ls; echo $?
docker swarm join-token worker; echo $?
docker service ls; echo $?
docker stack ls; echo $?
docker swarm leave; echo $?
