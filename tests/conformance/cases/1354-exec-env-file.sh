printf 'X=1\n' > f; docker run -d --name c1 busybox sleep 30 >/dev/null; docker exec --env-file f c1 sh -c 'echo $X'; docker exec --env-file nosuch c1 true
