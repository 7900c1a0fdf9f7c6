# a command in a container gets docker's variables, the container's, those asked for, and HOME last
c=$(docker run -d -e KEPT=1 busybox sleep 60)
docker exec -e A=1 "$c" env | sed 's/HOSTNAME=.*/HOSTNAME=x/'
docker exec -e HOME=/x -e KEPT "$c" env | sed 's/HOSTNAME=.*/HOSTNAME=x/'
docker exec -t -e A -e A=2 -e A "$c" env | tr -d '\r' | sed 's/HOSTNAME=.*/HOSTNAME=x/'
docker rm -f "$c" >/dev/null
