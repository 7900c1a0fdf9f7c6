docker run -d --name c1 busybox sh -c 'until [ -e /go ]; do sleep 0.1; done; echo out; exit 6' >/dev/null
docker attach c1 & first=$!
docker attach --no-stdin c1 & second=$!
sleep 0.9
docker exec c1 touch /go
wait $first; status=$?
wait $second; echo $status $?
