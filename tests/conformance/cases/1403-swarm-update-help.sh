docker swarm update
docker swarm update --autolock
docker swarm update --cert-expiry x
