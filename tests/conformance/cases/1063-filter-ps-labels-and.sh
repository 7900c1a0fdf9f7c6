docker create --name a1 -l tier=web -l live busybox >/dev/null
docker create --name a2 -l tier=db busybox >/dev/null
docker ps -a --filter label=tier --format '{{.Names}}'
docker ps -a --filter label=tier=web --filter label=live --format '{{.Names}}'
docker ps -a --filter label=tier=web --filter label=tier=db -q
