docker run --rm --add-host a:1.2.3.4 --add-host b=5.6.7.8 --add-host 'v6:[::1]' busybox sh -c 'grep -E "[[:space:]](a|b|v6)$" /etc/hosts'
