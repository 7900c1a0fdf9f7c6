docker run --rm busybox seq 1 50000 2>err | head -n 1; echo ${PIPESTATUS[0]}; cat err
