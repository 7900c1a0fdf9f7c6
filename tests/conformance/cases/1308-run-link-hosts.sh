docker run -d --name aa busybox sleep 30 >/dev/null; docker run --rm --link aa:db busybox sh -c 'grep -c -w db /etc/hosts; env | grep ^DB_NAME | sed "s,/.*/,/x/,"'
