docker swarm join-token worker
docker swarm join-token boss
docker swarm join-token -q --rotate manager
