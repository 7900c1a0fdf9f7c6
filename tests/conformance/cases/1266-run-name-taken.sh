docker create --name c1 busybox true >/dev/null; docker run --name c1 busybox true 2>&1 | sed 's/"[0-9a-f]*"/ID/'
