printf 'A B=1\n' > f; docker run --rm --env-file f busybox true
