for r in UPPER a: a@b a@sha256:abc sha256:abc; do docker rmi "$r"; done
