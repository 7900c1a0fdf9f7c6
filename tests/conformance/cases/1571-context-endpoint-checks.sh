unset DOCKER_HOST; echo no > ca
for o in host=tcp://h:1,ca=ca host=tcp://h:1,cert=ca,key=ca host=bogus host=tcp:// host=foo://x host= host=unix:///x,ca=ca ca=ca; do docker context create x --docker $o; docker context rm x 2>/dev/null; done
