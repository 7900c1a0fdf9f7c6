docker run --rm -u 1000 busybox grep -E 'CapEff|CapBnd' /proc/self/status
