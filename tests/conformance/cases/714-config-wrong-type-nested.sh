for t in '{"proxies":{"default":{"httpProxy":1}}}' '{"pruneFilters":["a",1]}' '{"auths":[]}' '{"auths":{"a":{"auth":"YQ=="}}}'; do echo "$t" > $DOCKER_CONFIG/config.json; docker volume ls -q; done
