cat >compose.yaml <<'E'
name: demo
services:
  a: {image: busybox, command: "sh -c 'trap \"echo got; exit 3\" USR1; echo up; while true; do sleep 0.1; done'"}
E
docker compose up -d >q 2>&1
for i in $(seq 50); do docker compose logs | grep -q up && break; sleep 0.1; done; docker compose kill -s USR1; docker wait demo-a-1; docker compose logs; docker compose kill -s NOTHING; docker compose kill x
