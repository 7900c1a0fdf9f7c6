docker create --ipc container:nope busybox; docker create --pid container:nope busybox; docker create --name c1601 --network container:nope busybox >/dev/null; docker start c1601; docker rm c1601
