docker run -d --name c1 -p 127.0.0.1:9991:80 --expose 99 busybox sleep 50 >/dev/null
for p in 80 80/tcp 80/ '' /tcp 80-81 080 +80 80/TCP x 70000 99 80/udp 80/tcp/x; do echo "[$p]"; docker port c1 "$p"; done
