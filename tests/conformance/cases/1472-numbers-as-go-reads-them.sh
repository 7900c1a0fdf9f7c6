for memory in 1e999 1e19 9e18g 0x10 0x1p30 1_0 'inf b' 8mİ '8  m' .m; do
  docker create --pull never --memory "$memory" nosuch:never 2>&1 | head -n 1
done
docker create --pull never --shm-size 1e19 nosuch:never
docker create --pull never --device-read-bps /dev/a:1e999 nosuch:never 2>&1 | head -n 1
