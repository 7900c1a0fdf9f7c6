docker swarm unlock
docker swarm unlock-key
docker swarm unlock-key --rotate
docker swarm leave --force
