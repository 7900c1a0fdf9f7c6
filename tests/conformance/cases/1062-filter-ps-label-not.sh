docker ps -a --filter 'label!=x'
docker ps -a --filter =x
docker ps -a --filter x
