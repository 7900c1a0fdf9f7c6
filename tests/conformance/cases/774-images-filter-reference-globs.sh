docker tag busybox x/one:1; docker tag busybox x/two:2
docker images --format '{{.Repository}}:{{.Tag}}' -f 'reference=x/*' | sort
docker images --format '{{.Repository}}:{{.Tag}}' -f 'reference=*:[12]' | sort
