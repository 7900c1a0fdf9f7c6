docker volume create --secret a=b --topology-preferred a=b --topology-required c=d v1
docker volume inspect --format '{{json .}}' v1 | sed 's/"Mountpoint":"[^"]*"//; s/"CreatedAt":"[^"]*"//'
docker volume ls --cluster
docker volume update v1
docker volume update --availability drain v1
docker volume update nope
