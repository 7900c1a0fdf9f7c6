# a relative device is none of the working directory's
mkdir d
docker volume create rel -o type=none -o o=bind -o device=d
docker run --rm -v rel:/x busybox ls /x 2>&1 | sed 's/[^ :]*volumes/V/g'
docker volume create fil -o type=none -o o=bind -o device=/etc/passwd
docker run --rm -v fil:/x busybox ls /x 2>&1 | sed 's/[^ :]*volumes/V/g'
