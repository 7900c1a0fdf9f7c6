docker service create -p 1.2.3.4:80:80 busybox
docker service create -p target=80,mode=x busybox
docker service create -p published=80 busybox
docker service create -p target=99999 busybox
docker service create -p 80:80 busybox
