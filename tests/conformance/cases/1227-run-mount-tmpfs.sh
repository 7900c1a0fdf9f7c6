docker run --rm --mount type=tmpfs,dst=/t,tmpfs-size=2m,tmpfs-mode=0700 busybox sh -c 'stat -c %a /t; df -k /t | tail -1 | tr -s " " | cut -d" " -f2'
