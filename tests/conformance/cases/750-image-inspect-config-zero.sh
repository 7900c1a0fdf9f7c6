docker image inspect -f '{{json .Config}} {{.Config.Entrypoint}}' busybox
docker image inspect busybox | shape +[].Config
