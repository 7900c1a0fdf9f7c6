docker context create ctx --description 'a <b>' --docker host=unix:///x >/dev/null 2>&1
docker context inspect ctx -f '{{json .Metadata}} {{json .Metadata.Metadata}} {{.Metadata.Metadata.Description}} {{.Metadata.Name}}'
docker context inspect ctx -f json | sed 's#"[^"]*contexts/[a-z]*/[0-9a-f<][^"]*"#"P"#g'
docker --context ctx context inspect default -f '{{json .Metadata.Metadata}} {{json .Storage}}'
docker volume create --label 'a=<&>' v1 >/dev/null; docker volume inspect v1 -f json | grep -o '"Labels":[^}]*}'; docker volume inspect v1 | grep '"a"'; docker inspect v1 | grep '"a"'; docker volume inspect v1 -f '{{json .Labels}}'
