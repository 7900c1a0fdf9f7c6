docker run -d --name c1 busybox sleep 60 >/dev/null; docker stats --format '{{.Name}}' c1 | head -n 3 | od -c
