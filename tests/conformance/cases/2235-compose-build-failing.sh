cat >compose.yaml <<'E'
name: demo
services:
  a: {build: ., command: cat /f}
E
printf 'FROM busybox\nARG W=default\nRUN echo word $W >/f\n' >Dockerfile
echo 'RUN exit 7' >>Dockerfile; docker compose build -q >o 2>&1; echo $?; grep -o 'did not complete successfully: exit code: 7' o | sort -u
