docker swarm join --token x 127.0.0.1:2377
docker swarm join --availability x 127.0.0.1:2377
docker swarm join 127.0.0.1:1
docker swarm join ''
