docker run -d --name aa busybox sleep 33 >/dev/null; docker run --rm --pid container:aa busybox ps | grep -c 'sleep 33'
