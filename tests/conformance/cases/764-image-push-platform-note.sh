docker push --platform linux/arm64 busybox
