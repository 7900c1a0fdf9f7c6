docker -h volume ls 2>&1 >/dev/null
docker -h volume ls 2>/dev/null | head -n 1
docker volume -h ls | head -n 4
docker volume -h=false ls -q
docker ps -h --nosuch; echo $?
docker volume -h ls --nosuch; echo $?
