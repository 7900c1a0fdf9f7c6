docker network create --label a=1 --attachable n1 >/dev/null
docker run -d --name c1 --network n1 busybox sleep 60 >/dev/null
docker network inspect n1 | shape .[].Containers
docker network inspect --format '{{range .Containers}}{{.Name}}{{end}}' n1
