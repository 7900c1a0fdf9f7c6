docker create --expose abc busybox true; docker create --expose 80/zzz busybox true; docker create --expose 9-3 busybox true
