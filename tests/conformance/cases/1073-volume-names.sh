docker volume create x
docker volume create .hidden
docker volume create 'a b'
docker volume create a/b
docker volume create ok_1.2-3
