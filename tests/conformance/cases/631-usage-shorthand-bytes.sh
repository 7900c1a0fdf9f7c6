docker ps -é; echo $?
docker ps -aqz; echo $?
