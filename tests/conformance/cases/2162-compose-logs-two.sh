cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sh -c 'echo from a; echo err a >&2'}
  b: {image: busybox, command: echo from b}
E
docker compose up -d >q 2>&1
docker wait demo-a-1 demo-b-1 >q
docker compose logs | sort; docker compose logs b; docker compose logs a b | sort
