docker volume create -o type=none -o o=bind -o device=/does/not/exist v1
docker run --rm -v v1:/x busybox true 2>&1 | sed 's#/[^ :]*/_data#DATA#g'
