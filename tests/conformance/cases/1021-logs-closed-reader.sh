docker run --name c1 busybox seq 1 50000 >/dev/null; docker logs c1 2>err | head -n 1; echo ${PIPESTATUS[0]}; cat err
