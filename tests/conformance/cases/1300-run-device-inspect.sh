docker create --name c1 --device /dev/null:/dev/nn --device /dev/zero::r busybox true >/dev/null; docker inspect -f '{{json .HostConfig.Devices}}' c1
