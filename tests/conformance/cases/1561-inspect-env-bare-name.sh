docker import -c 'ENV A=1 C=3' $BASE_TAR im:1 >/dev/null
docker create --name c1 -e A -e B= im:1 env >/dev/null; docker inspect c1 -f '{{json .Config.Env}}'; docker start -a c1 | grep '^[ABC]='
