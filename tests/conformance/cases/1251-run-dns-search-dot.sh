docker run --rm --dns 1.1.1.1 --dns-search . busybox sh -c 'grep -c search /etc/resolv.conf'
