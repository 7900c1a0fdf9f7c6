docker run --name c1 busybox sh -c 'echo 1 >/one'
parent=$(docker commit c1)
docker run --name c2 $parent sh -c 'echo 2 >/two'
docker commit c2 child >/dev/null
docker rm c1 c2 >/dev/null
docker rmi --no-prune child | sed 's/:[^:]*$//'
docker images -q --filter dangling=true | wc -l
docker run --name c2 $parent sh -c 'echo 2 >/two'
docker commit c2 child >/dev/null
docker rm c2 >/dev/null
docker rmi child | sed 's/:[^:]*$//'
docker images -q --filter dangling=true | wc -l
