cat >compose.yaml <<'E'
name: demo
services:
  a: {build: ., image: 'my:tag', command: cat /f}
E
printf 'FROM busybox\nARG W=default\nRUN echo word $W >/f\n' >Dockerfile
docker compose build -q 2>/dev/null; docker images --format '{{.Repository}}:{{.Tag}}' | sort; docker compose down --rmi local; docker images --format '{{.Repository}}:{{.Tag}}' | sort; docker compose down --rmi all; docker images --format '{{.Repository}}:{{.Tag}}' | sort
