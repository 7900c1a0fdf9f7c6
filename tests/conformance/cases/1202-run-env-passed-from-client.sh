export FOO=bar; unset NOPE; docker run --rm -e FOO -e NOPE busybox sh -c 'echo $FOO; env | grep -c NOPE'
