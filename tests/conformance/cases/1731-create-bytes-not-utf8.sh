docker create --name bu -e X="$(printf '\377a')" --label l="$(printf '\376')" busybox echo "$(printf 'q\377')" >/dev/null
docker inspect bu -f '{{.Config.Env}} {{.Args}} {{json .Config.Labels}}' | od -c
docker start -a bu | od -c
docker inspect "$(printf 'x\377')" 2>/dev/null | od -c; docker volume inspect "$(printf 'v\377')" 2>/dev/null; echo $?
docker rm bu
