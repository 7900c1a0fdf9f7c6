docker service create --entrypoint 'a "b' busybox
docker service create --placement-pref x busybox
docker service create --credential-spec x busybox
docker service create --generic-resource gpu=a busybox
docker service create --health-interval -1s busybox
docker service create --network x busybox
