cat >compose.yaml <<'E'
name: demo
services:
  a:
    command: cat /f
    build:
      dockerfile_inline: |
        FROM busybox
        RUN echo inline >/f
E
docker compose up --build --quiet-build 2>/dev/null
