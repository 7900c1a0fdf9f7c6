docker run -d --name c1 busybox sh -c 'sleep 0.6; exit 9' >/dev/null; docker run -d --name c2 busybox sh -c 'sleep 0.3; exit 4' >/dev/null; docker wait c1 c2
