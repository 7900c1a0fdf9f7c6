docker run --name z busybox sh -c 'exit 7'
docker ps -a --filter exited=7 --format '{{.Names}}'
docker ps -a --filter exited=7 --filter exited=0 --format '{{.Names}}'
docker ps -a --filter exited=0x7
docker ps -a --filter status=EXITED
