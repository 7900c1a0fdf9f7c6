for p in a/b/c/d foo 'linux/amd64,linux/arm64' 'a b' 'linux/*'; do
docker image inspect --platform "$p" busybox
docker history --platform "$p" busybox
done
