unset DOCKER_HOST; docker context create a --docker host=unix:///x >/dev/null 2>&1; docker context export a x.tar 2>/dev/null
head -c 512 /dev/zero > z; docker context import c2 z; head -c 1100 x.tar > z; docker context import c3 z; docker context import c4 x.tar
echo x > meta.json; tar cf m.tar meta.json; docker context import c5 m.tar; echo x > other; tar cf m.tar other; docker context import c6 m.tar; docker context ls -q
