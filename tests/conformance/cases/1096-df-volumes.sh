docker volume create v1 >/dev/null
docker run --rm -v v2:/d busybox sh -c 'head -c 100000 /dev/zero > /d/f'
docker create --name c1 -v v2:/d busybox >/dev/null
docker system df --format '{{.Type}} {{.TotalCount}} {{.Active}}'
docker system df -v --format '{{range .Volumes}}{{.Name}} {{.Links}} {{.Size}};{{end}}'
