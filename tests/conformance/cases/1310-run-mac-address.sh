docker run --rm --mac-address 02:42:77:00:00:01 busybox cat /sys/class/net/eth0/address; docker run --rm --mac-address zz busybox true
