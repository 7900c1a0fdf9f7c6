docker create --storage-opt nosuch=1 busybox true 2>&1 | sed 's/ for .*//'
