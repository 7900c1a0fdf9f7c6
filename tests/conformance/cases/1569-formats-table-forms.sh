docker create --name c1 busybox true >/dev/null
for f in table 'table ' ' table {{.Names}}' 'table{{.Names}}' 'tablexx' 'tableX{{.Names}}' 'json ' JSON raw 'a\tb\nc' '\t'; do echo "[$f]"; docker ps -a --format "$f" | sed 's/ \{2,\}/  /g'; done
docker images --format 'table {{.Foo}}'; docker network ls --format 'table {{.Name}}\t{{.Foo}}'; docker volume ls --format 'table'
