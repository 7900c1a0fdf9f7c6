printf '{\n "HttpHeaders": {"B":"c"}, "psFormat": "x",\n "auths": {"z.example": {"auth": "YTpi"}, "a.example": {"auth": "YTpi"}}, "detachKeys":"ctrl-x"}' > "$DOCKER_CONFIG/config.json"
chmod 640 "$DOCKER_CONFIG/config.json"
docker logout z.example; cat "$DOCKER_CONFIG/config.json"; echo; stat -c %a "$DOCKER_CONFIG/config.json"
docker logout a.example; cat "$DOCKER_CONFIG/config.json"
