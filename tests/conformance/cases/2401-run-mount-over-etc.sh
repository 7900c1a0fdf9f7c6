# names and addresses stay where something is mounted on /etc; outer mounts come first
docker run --rm --network none --tmpfs /etc busybox sh -c 'ls /etc; grep -c localhost /etc/hosts'
docker run --rm --network none --mount type=volume,src=e1,dst=/etc,volume-nocopy busybox ls /etc
docker run --rm --network none --tmpfs /a/b -v v1:/a busybox sh -c "grep -o ' /a[^ ]*' /proc/mounts"
