c=$(docker create busybox)
docker commit -c nonsense $c; docker commit -c 'run x' $c; docker commit -c 'EXPOSE x' $c; docker commit -c ENV $c
docker commit -c 'cmd lower' -c 'env a=b' $c com:1 >/dev/null; docker inspect -f '{{json .Config.Cmd}} {{json .Config.Env}}' com:1
