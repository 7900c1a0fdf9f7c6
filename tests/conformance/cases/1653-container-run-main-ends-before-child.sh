docker run --rm busybox sh -c 'sleep 3 & echo main; exit 4'; echo $?
docker run --rm busybox sh -c 'exec >&- 2>&-; exit 3'; echo $?
echo x | docker run --rm -i busybox cat
echo x | docker run --rm busybox cat
