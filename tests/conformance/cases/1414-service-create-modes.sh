docker service create --mode x busybox
docker service create --mode global --replicas 2 busybox
docker service create --max-concurrent 2 busybox
docker service create --mode global-job --update-delay 1s busybox
docker service create --no-healthcheck --health-cmd x busybox
