docker run --rm -v vv:/v busybox sh -c 'mkdir -p /v/sub/deep; echo f > /v/sub/file; ln -s /etc /v/out; ln -s sub /v/in; ln -s ../../.. /v/up; ln -s nowhere /v/dang'
for p in in sub/file sub/../sub out up out/passwd ../x /sub; do docker run --rm --mount type=volume,src=vv,dst=/v,volume-subpath=$p busybox ls /v 2>&1 | sed 's,base: /[^ ]*,base: PATH,'; done
for p in nosuch dang sub/file/x; do docker run --rm --mount type=volume,src=vv,dst=/v,volume-subpath=$p busybox ls /v 2>&1 | sed 's,/[^ ]*_data,PATH,g'; done
docker create --name n1 --mount type=volume,src=vv,dst=/v,volume-subpath=nosuch busybox true >/dev/null; docker start n1 2>/dev/null; docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' n1
