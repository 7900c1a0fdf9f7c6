docker create --name //a busybox; docker create --name /c1604 busybox >/dev/null; docker inspect -f '{{.Name}}' c1604; docker rm /c1604; docker create --name '' --name - busybox
