docker create --name c1 busybox true >/dev/null
docker inspect --type bogus c1; echo "rc $?"
docker inspect --type '' c1; echo "rc $?"
for t in plugin config task network image volume; do docker inspect --type $t c1 2>&1; echo "rc $?"; done
