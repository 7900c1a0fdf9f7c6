docker network create n1 >/dev/null
docker create --name c1 --mac-address 02:42:77:11:00:99 busybox true >/dev/null
docker create --name c2 --network name=n1,mac-address=02:42:77:62:00:05 busybox true >/dev/null
f='{{.Config.MacAddress}} {{range .NetworkSettings.Networks}}[{{.MacAddress}}]{{end}} [{{.NetworkSettings.MacAddress}}]'
docker inspect c1 c2 -f "$f"; docker start -a c1; docker inspect c1 -f "$f"; docker inspect c1 -f '{{json .Config}}' | grep -o '"Entrypoint.*OnBuild'
