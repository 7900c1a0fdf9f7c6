docker run --rm --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=4096 busybox sh -c 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax'
