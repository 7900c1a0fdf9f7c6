docker stack ps ' '
docker stack rm x '' y
docker stack services x
docker stack deploy x
docker stack ls --orchestrator x
