cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose exec a touch /was; docker compose commit -m words -a me -c 'ENV X=1' a new:1 2>&1; docker run --rm new:1 sh -c 'ls /was; echo $X'; docker inspect -f '{{.Comment}} {{.Author}}' new:1
