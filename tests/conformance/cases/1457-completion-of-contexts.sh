docker context create one --docker host=unix:///nosuch.sock >/dev/null 2>&1
docker __complete context use ""; docker __complete context rm one ""; docker __complete context export one ""; docker __complete --context ""; docker context rm one
