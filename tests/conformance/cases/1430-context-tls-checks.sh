unset DOCKER_HOST; echo bad > bad.pem
docker context create aa --docker host=tcp://h:2376,ca=bad.pem
docker context create ab --docker host=tcp://h:2376,cert=bad.pem,key=bad.pem
docker context create ac --docker host=tcp://h:2376,cert=bad.pem
docker context create ad --docker host=tcp://h:2376,ca=nope
docker context ls
