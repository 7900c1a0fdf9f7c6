cfg() { echo "$1" > $DOCKER_CONFIG/config.json; }
docker create --name c1 busybox true >/dev/null
cfg '{"psFormat":"{{.Size}}"}'; docker ps -a | sed 's/[0-9.]*MB/N/'
cfg '{"psFormat":"{{.Foo}}"}'; docker ps -a; echo "rc $?"; docker ps -aq; echo "rc $?"
cfg '{"psFormat":"{{.Foo"}'; docker ps -a; echo "rc $?"; docker ps -a --format '{{.Names}}'
