docker create --name c1 busybox true >/dev/null; docker exec c1 true 2>&1 | sed 's/[0-9a-f]\{64\}/ID/g'; docker exec nosuch true; docker exec c1
