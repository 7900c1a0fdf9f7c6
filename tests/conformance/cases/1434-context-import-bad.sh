unset DOCKER_HOST; mkdir t; echo x > t/other; echo '[]' > t/meta.json
tar cf a.tar -C t other; tar cf b.tar -C t meta.json; tar cf c.tar -C t ./meta.json
docker context import aa a.tar
docker context import aa b.tar
docker context import aa c.tar
docker context import aa - < /dev/null
docker context import aa .
docker context import default a.tar
