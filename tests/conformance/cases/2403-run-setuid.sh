# set-user-id files of the image count for a user that has a bind mount
mkdir s; docker run --name aa busybox sh -c 'cp /bin/busybox /bin/k; chmod 4755 /bin/k; stat -c %a /bin/k'
docker commit aa kk >/dev/null
docker run --rm -u 1000 -v $PWD/s:/s kk sh -c 'stat -c "%u %a" /bin/k; stat -c "%u" /s >/dev/null && echo there'
docker run --rm -u 1000 -v $PWD/s:/s --mount type=volume,src=vv,dst=/v kk sh -c 'grep NoNewPrivs /proc/self/status; grep CapBnd /proc/self/status'
