docker create --gpus '' busybox true; docker create --gpus count=x busybox true; docker create --gpus 'device=0,1' busybox true
