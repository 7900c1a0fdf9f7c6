docker create --name c1 -h web.example.com busybox true >/dev/null; docker inspect -f '{{.Config.Hostname}}|{{.Config.Domainname}}' c1
