for s in "" docker.io x.example http://x.example/v2/ x.example/foo/bar; do docker logout "$s"; echo "rc $?"; done
