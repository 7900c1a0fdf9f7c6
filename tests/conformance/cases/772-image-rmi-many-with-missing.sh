docker tag busybox a:1; docker tag busybox a:2
docker rmi a:1 nosuch a:2
echo "$?"
