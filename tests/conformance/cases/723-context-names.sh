unset DOCKER_HOST; for n in '' a default 'a b' .x a/b ünï ab_c.d+e-f; do docker context create "$n" --docker host=unix:///x; done
