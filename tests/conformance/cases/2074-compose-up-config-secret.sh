cat >compose.yaml <<'E'
name: demo
services:
  a:
    image: busybox
    command: cat /run/secrets/s /c.txt
    secrets: [s]
    configs: [{source: c, target: /c.txt}]
secrets: {s: {environment: SECRET_S}}
configs: {c: {content: "from content\n"}}
E
SECRET_S='from env
' docker compose up 2>/dev/null; docker compose up 2>&1 | tail -1
