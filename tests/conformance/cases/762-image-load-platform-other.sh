docker save -o x.tar busybox
docker load --platform linux/arm64 -i x.tar
echo "$?"
docker load --platform amd64 -q -i x.tar
