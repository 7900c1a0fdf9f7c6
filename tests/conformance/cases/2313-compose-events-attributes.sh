cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'exit 3', labels: {x: y}}
E
sleep 1; t=$(date +%s)
docker compose up -d >q 2>&1; docker wait demo-a-1 >q; docker compose events --since $t --until $(($(date +%s)+1)) 2>/dev/null | grep . >ev; cut -d' ' -f3,4 ev; grep -o -e 'exitCode=3' -e 'x=y' ev | sort
