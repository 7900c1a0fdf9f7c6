docker create --name c1 busybox true >/dev/null; docker kill c1 2>&1 | sed 's/[0-9a-f]\{64\}/ID/g'
