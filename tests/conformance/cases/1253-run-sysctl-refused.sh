docker run --rm --sysctl vm.swappiness=1 busybox true
