docker service scale x
docker service scale x=1 y=a
docker service scale x=99999999999999999999
