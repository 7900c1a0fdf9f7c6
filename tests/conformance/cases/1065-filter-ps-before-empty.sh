docker ps -a --filter before=
docker ps -a --filter since=
docker ps -a --filter since=nope
