# what a volume is mounted with holds in the container too
mkdir d
docker volume create ro1 -o type=none -o o=bind,ro -o device=$PWD/d
docker run --rm -v ro1:/x busybox touch /x/y
docker volume create nx1 -o type=tmpfs -o device=tmpfs -o o=ro,noexec,mode=755
docker run --rm -v nx1:/x busybox sh -c 'grep " /x " /proc/mounts | cut -d" " -f4 | tr , "\n" | grep -E "^noexec|^r[ow]$|mode" | sort'
