docker create -i --name c1 busybox cat >/dev/null; echo hello | docker start -ai c1
