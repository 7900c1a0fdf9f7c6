docker volume create --secret a=b --topology-required a --topology-preferred b v1400
docker volume create --sharing x v1400
docker volume ls --cluster --format json
docker volume update --availability drain v1400
docker volume rm v1400
docker volume update v1400
