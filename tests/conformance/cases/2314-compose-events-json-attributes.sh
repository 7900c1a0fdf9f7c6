cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'exit 3', labels: {x: y}}
E
sleep 1; t=$(date +%s)
docker compose up -d >q 2>&1; docker wait demo-a-1 >q; docker compose events --json --since $t --until $(($(date +%s)+1)) 2>/dev/null | sed 's/"execDuration":"[0-9]*"/"execDuration":"N"/'
