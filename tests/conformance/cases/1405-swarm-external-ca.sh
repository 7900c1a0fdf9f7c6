docker swarm ca --external-ca x
docker swarm ca --external-ca protocol=foo,url=http://x
docker swarm ca --external-ca protocol=cfssl
docker swarm ca --external-ca url=http://x
docker swarm ca --external-ca protocol=cfssl,url=http://x
