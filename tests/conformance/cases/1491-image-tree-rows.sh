docker tag busybox second/name:2
docker tag busybox a.example/very/long/name/that/goes/on/and/on/and/on/and/on/and/on/for/ever/and/a/day:tagtagtagtag
docker image ls --tree
