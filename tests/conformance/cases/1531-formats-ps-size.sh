docker create --name c1 busybox true >/dev/null
docker ps -a --format '{{json .}}' | grep -o '"Size":"[^(]*([a-z]*'
docker ps -a --format json | grep -o '"Size":"[^"]*"'
docker ps -a --format '{{if false}}{{.Size}}{{end}}{{json .Size}}' | grep -o '0B (virtual\|0B'
docker ps -a --size=false --format '{{.Size}}'
