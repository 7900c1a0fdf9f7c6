docker run -d --name aa --ipc private busybox sleep 30 >/dev/null; docker run --rm --ipc container:aa busybox true
