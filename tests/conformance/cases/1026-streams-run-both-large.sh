seq 1 300000 | docker run --rm -i busybox sh -c 'tee /dev/stderr' 2>err | md5sum; md5sum < err
