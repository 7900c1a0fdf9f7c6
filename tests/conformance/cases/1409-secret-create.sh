: > empty; mkdir d
docker secret create x
docker secret create x nope
docker secret create x empty
docker secret create x d
echo hi | docker secret create x -
docker secret create -d drv x nope
