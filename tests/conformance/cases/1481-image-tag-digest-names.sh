id=$(docker images -q --no-trunc busybox)
docker tag busybox "$id"; echo "rc $?"
docker tag busybox sha256:abcdef; echo "rc $?"
docker tag busybox "${id#sha256:}"; echo "rc $?"
docker tag busybox a@$id; echo "rc $?"
