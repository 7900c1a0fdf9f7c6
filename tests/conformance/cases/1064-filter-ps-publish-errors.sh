docker ps --filter publish=x
docker ps --filter publish=
docker ps --filter publish=70000
docker ps --filter publish=90-80
docker ps --filter expose=x/udp
docker ps --filter publish=80/foo -q
