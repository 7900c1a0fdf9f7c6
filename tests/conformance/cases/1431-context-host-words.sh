unset DOCKER_HOST
docker context create aa --docker host=foo
docker context create aa --docker host=unix://
docker context create aa --docker host=tcp://h:x
docker context create aa --docker host=ssh://u:p@h
docker context create aa --docker foo
docker context create aa --docker host=tcp://h,skip-tls-verify=
