docker run --rm busybox grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status
