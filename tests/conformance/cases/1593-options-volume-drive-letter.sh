docker run --rm -v a:/x busybox ls -d '/a:'; docker create --name c1593 -v b:/y busybox >/dev/null; docker inspect -f '{{json .Config.Volumes}}' c1593; docker rm -v c1593
