printf 'a=1\nb\n#x\n' > f; docker create --name c1 --label-file f -l c=3 busybox true >/dev/null; docker inspect -f '{{json .Config.Labels}}' c1
