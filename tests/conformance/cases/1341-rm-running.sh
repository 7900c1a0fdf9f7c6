docker run -d --name c1 busybox sleep 30 >/dev/null; docker rm c1 2>&1 | sed 's/[0-9a-f]\{64\}/ID/g'; docker rm -f c1; docker rm -f c1; docker rm c1; docker rm -f nosuch; echo $?
