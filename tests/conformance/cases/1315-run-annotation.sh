docker create --name c1 --annotation a=b --annotation c busybox true >/dev/null; docker inspect -f '{{json .HostConfig.Annotations}}' c1
