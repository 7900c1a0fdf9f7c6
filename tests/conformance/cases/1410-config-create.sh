docker config create x nope
docker config create x - < /dev/null
echo hi | docker config create -l a=b x -
docker config create --label '' x -
docker config inspect ''
