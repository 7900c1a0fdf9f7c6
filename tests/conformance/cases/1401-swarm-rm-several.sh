docker node rm a b
docker secret rm a '' b
docker config rm a b
docker service rm a b
docker stack rm a b
