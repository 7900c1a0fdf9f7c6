docker run -it --name c1 busybox true </dev/null; echo $?
docker ps -aq
docker run -t --rm busybox sh -c 'echo a; echo b >&2' </dev/null | od -c | head -2
