docker create --name c1 --log-driver local --log-opt max-size=1m busybox true >/dev/null; docker inspect -f '{{json .HostConfig.LogConfig}}' c1
