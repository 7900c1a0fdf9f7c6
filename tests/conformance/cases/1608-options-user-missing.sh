docker run --rm -u nope busybox true; docker run --rm -u 1:nope busybox id; docker run --rm -u -5 busybox id; docker run --rm --group-add nope busybox id
