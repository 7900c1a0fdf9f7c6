mkdir h; printf '#!/bin/sh\ncat >/dev/null; echo broken; exit 3\n' > h/docker-credential-x; chmod 755 h/docker-credential-x; PATH=$PWD/h:$PATH
echo '{"credsStore":"x"}' > "$DOCKER_CONFIG/config.json"
docker logout r.example; echo "rc $?"
docker logout r.example/path; echo "rc $?"
docker logout; echo "rc $?"
