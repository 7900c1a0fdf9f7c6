docker run -d --name c1 busybox sleep 60 >/dev/null; (sleep 0.4; docker kill c1 >/dev/null) & docker wait c1; wait
