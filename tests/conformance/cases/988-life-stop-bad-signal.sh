docker run -d --name c1 busybox sleep 60 >/dev/null; docker stop -s NOPE c1; echo $?; docker restart -t 0 -s NOPE c1; echo $?; docker stop -t 0 c1; docker stop -s NOPE c1; echo $?
