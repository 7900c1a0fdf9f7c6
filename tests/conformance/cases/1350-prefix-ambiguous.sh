a=$(docker create --name c1 busybox true); docker inspect -f '{{.Name}}' ${a:0:5}; docker inspect -f '{{.Name}}' "$a"; docker inspect ''; docker rm ''; docker inspect zz$a
