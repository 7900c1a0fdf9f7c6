docker history --platform linux/amd64 --format '{{.Comment}}' busybox
docker history --platform linux/arm64 busybox
