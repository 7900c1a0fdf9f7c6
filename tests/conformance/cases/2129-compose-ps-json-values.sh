cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: sleep 1000, init: true}
  b: {image: busybox, command: sh -c 'exit 2', depends_on: [a]}
E
docker compose up -d >q 2>&1
docker wait demo-b-1 >q
docker compose ps -a --format json | tr ',' '\n' | grep -vE 'CreatedAt|RunningFor|config-hash|config_files|working_dir|image=|depends_on|"Labels"|com.docker' | sed 's/Up [^"]*/Up/;s/(2) [^"]*/(2)/'
