docker volume create v1 >/dev/null
for c in 'version' '--version' 'info -f json' 'system df -v --format json' 'save busybox' 'completion bash' 'ps --help' '--help' 'version -f json'; do docker $c >/dev/full; echo "$c: $?"; done
docker volume inspect v1 > /dev/full 2>err; echo $?; sed 's/.*level/level/' err
docker events --since 1h --until 0s >/dev/full; echo $?; docker events --since 1h --until 0s --format json >/dev/full; echo $?
