docker tag busybox other:1
cat >compose.yaml <<'E'
name: demo
services:
  a: {image: 'other:1', command: sleep 1000, init: true}
E
docker compose up -d >q 2>&1
docker compose down --rmi local; docker images -q other; docker compose up -d >q 2>&1; docker compose down --rmi all 2>&1 | sort; docker images -q other
