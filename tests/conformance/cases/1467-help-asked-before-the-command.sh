docker --help volume ls
docker volume --help ls | head -n 1
docker --help run; echo $?
docker container --help create; echo $?
docker help run x; echo $?
docker -h help volume 2>/dev/null
