docker run -d --name c1 busybox sleep 60 >/dev/null; docker stats --no-stream --format '{{.Name}}' c1 c1
