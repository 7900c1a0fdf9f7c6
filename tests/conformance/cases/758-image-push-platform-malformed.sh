docker push --platform foo busybox
docker save --platform foo busybox | wc -c
