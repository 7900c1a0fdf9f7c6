docker run --name c1 --log-driver none busybox echo hi; docker logs c1
