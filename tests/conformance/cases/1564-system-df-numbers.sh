docker run --name c1 -v v1:/v busybox sh -c 'dd if=/dev/zero of=/big bs=1000 count=500 2>/dev/null; dd if=/dev/zero of=/v/x bs=1000 count=300 2>/dev/null'
docker commit c1 cm:1 >/dev/null; docker create --name c2 cm:1 >/dev/null; docker import $BASE_TAR other:1 >/dev/null; docker tag other:1 other:2; docker volume create v2 >/dev/null
docker system df; docker system df -v --format '{{range .Images}}{{.Repository}} {{.SharedSize}} {{.UniqueSize}} {{.Containers}}{{"\n"}}{{end}}' | sort
docker ps -as --format '{{.Names}} {{.Size}}'; docker rm c1 c2 | wc -l; docker system df
