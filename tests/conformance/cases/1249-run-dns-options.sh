docker run --rm --dns 1.1.1.1 --dns 9.9.9.9 --dns-search a.example --dns-search b.example --dns-option ndots:3 busybox sh -c 'grep -v "^#" /etc/resolv.conf'
