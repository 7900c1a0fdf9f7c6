c=$(docker create busybox)
docker commit -c 'LABEL a=b' $c >/dev/null
docker image ls --tree | wc -l
docker image ls --tree -a | grep -c untagged
