docker service create --secret source=x,mode=zz busybox
docker service create --secret target=x busybox
docker service create --config source=x,foo=bar busybox
docker service create --secret a --secret source=b,target=a busybox
docker service create --config x busybox
