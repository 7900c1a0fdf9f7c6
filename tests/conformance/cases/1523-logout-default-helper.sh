mkdir h; printf '#!/bin/sh\necho "$1 $(cat)" >> %s/log\n[ $1 = get ] && { echo "credentials not found in native keychain"; exit 1; }\nexit 0\n' "$PWD" > h/docker-credential-x; chmod 755 h/docker-credential-x; PATH=$PWD/h:$PATH
echo '{"credsStore":"x","auths":{"https://index.docker.io/v1/":{}}}' > "$DOCKER_CONFIG/config.json"; docker logout; cat log "$DOCKER_CONFIG/config.json"
