docker create --name c1 --label a=1 busybox true >/dev/null
docker ps -a --format '{{.Label "a"}}|{{.Platform}}|{{json .Platform}}'
docker ps -a --format 'table {{.Names}}\t{{.Label "a"}}\t{{.Platform}}'
docker ps -a --format '{{title "x".'; echo "rc $?"
docker ps -a --format '{{if .Platform}}yes{{else}}no{{end}}'
