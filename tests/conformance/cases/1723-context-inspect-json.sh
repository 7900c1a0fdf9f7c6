docker context create told --description "for tests" --docker host=tcp://127.0.0.1:9 >/dev/null 2>&1
docker context create plain --docker host=tcp://127.0.0.1:9 >/dev/null 2>&1
docker context inspect --format '{{json .Metadata}} {{json .Endpoints}}' told plain
docker context inspect --format '{{.Metadata.Metadata.Description}}' told
