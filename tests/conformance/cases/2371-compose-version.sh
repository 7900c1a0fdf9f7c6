(docker compose version; docker compose version --short; docker compose version -f json; docker compose version --format yaml) | sed 's/v*2[.][0-9.]*-*[0-9]*/VERSION/'; docker compose version extra
