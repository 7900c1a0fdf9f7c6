# the file by which programs know that they are in a container, which no diff shows
docker run --name aa busybox stat -c '%n %F %a %u:%g' /.dockerenv
docker diff aa
docker start -a aa
docker run --rm --read-only busybox sh -c '[ -e /.dockerenv ] && echo there'
docker commit aa kk >/dev/null; docker run --rm -u 1000 -v $PWD:/s kk stat -c '%a %u:%g' /.dockerenv
