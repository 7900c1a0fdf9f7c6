docker run --rm -v v1595:/x --tmpfs /x busybox true; docker run --rm --mount target=/x --tmpfs /x busybox sh -c 'grep -c " /x " /proc/mounts'
