docker create --name c1 --log-driver local busybox true >/dev/null
docker inspect c1 -f '[{{.ResolvConfPath}}] [{{.HostnamePath}}] [{{.HostsPath}}] [{{.LogPath}}]'
docker start c1 >/dev/null; docker wait c1
docker inspect c1 -f '{{ne .ResolvConfPath ""}} {{ne .HostnamePath ""}} {{ne .HostsPath ""}}'
