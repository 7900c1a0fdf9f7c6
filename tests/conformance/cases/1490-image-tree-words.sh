for f in -q --no-trunc --digests "--format x"; do docker images --tree $f; echo "rc $?"; done
docker images --tree nosuch
