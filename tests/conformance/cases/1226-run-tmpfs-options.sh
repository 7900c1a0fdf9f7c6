docker run --rm --tmpfs /t:size=1m,mode=1770,noexec busybox sh -c 'stat -c %a /t; grep " /t " /proc/mounts | tr , "\n" | grep -E "^(size|noexec)"'
