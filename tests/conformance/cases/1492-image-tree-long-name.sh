docker import -c 'CMD ["x"]' "$BASE_TAR" zz.example/very/long/name/that/goes/on/and/on/and/on/and/on:tagtagtag >/dev/null
docker image ls --tree 'zz.example/*/*/*/*/*/*/*/*/*/*/*/*/*/*'
docker image ls --tree busybox
