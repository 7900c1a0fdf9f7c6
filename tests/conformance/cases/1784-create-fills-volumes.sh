docker run --name base busybox sh -c 'mkdir -p /data/sub /empty; echo hi > /data/sub/x; ln /data/sub/x /data/y; ln -s sub/x /data/l; chmod 711 /data; chmod 750 /empty'; docker commit base app >/dev/null
docker create --name c1 -v cv1:/data app true >/dev/null; docker run --rm -v cv1:/v busybox sh -c 'ls /v; stat -c "%a %h" /v /v/y'
docker run --rm -v pre:/v busybox touch /v/f; docker run --rm -v pre:/data app sh -c 'stat -c %a /data; ls /data'
docker create --name c3 -v late:/data app ls /data >/dev/null; docker run --rm -v late:/v busybox sh -c 'rm -r /v/*'; docker start -a c3
docker volume create -o type=tmpfs -o device=tmpfs tmv; docker run --rm -v tmv:/data app sh -c 'ls /data; touch /data/new'; docker run --rm -v tmv:/v busybox ls /v
docker run --rm -v ff:/data/y app true 2>&1 | sed 's,source .*/,source ,'
