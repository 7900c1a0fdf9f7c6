docker run --rm --hostname h1 --domainname d.example busybox sh -c 'hostname; cat /etc/hostname'
