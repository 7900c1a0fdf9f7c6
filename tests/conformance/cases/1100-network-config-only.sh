docker network create --config-only --subnet 10.77.4.0/24 tmpl >/dev/null
docker network create --config-from tmpl n1 >/dev/null
docker network inspect --format '{{.ConfigOnly}} {{json .ConfigFrom}} {{json .IPAM.Config}}' n1 tmpl
docker network rm tmpl
docker network create --config-from nope n2
