docker rmi --platform linux/amd64,linux/arm64 busybox
docker rmi --platform linux/arm64 busybox
docker rmi --platform x/y/z/q busybox
