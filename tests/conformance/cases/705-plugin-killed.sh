printf '' ; mkdir -p $DOCKER_CONFIG/cli-plugins; p() { cat > $DOCKER_CONFIG/cli-plugins/docker-$1; chmod +x $DOCKER_CONFIG/cli-plugins/docker-$1; }
p hello <<'X'
#!/bin/sh
if [ "$1" = docker-cli-plugin-metadata ]; then echo '{"SchemaVersion":"0.1.0","Vendor":"Acme","Version":"v1.2","ShortDescription":"Say hello"}'; exit 0; fi
for a; do echo "[$a]"; done
exit ${HELLO:-0}
X
printf '%s\n' '#!/bin/sh' 'if [ "$1" = docker-cli-plugin-metadata ]; then echo "{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"V\"}"; exit; fi' 'kill -9 $$' | p die; docker die; echo $?
