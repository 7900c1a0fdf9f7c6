docker run --cpu-count 1; echo $?
docker create --io-maxbandwidth 3 --cpu-count 3 busybox; echo $?
