docker run --name c1 busybox sh -c 'exit 3'; docker run --name c2 busybox true; docker create --name c3 busybox true >/dev/null; docker wait c1 c2 missing c3 c1; echo $?
