docker run --rm BusyBox true; docker run --rm busybox:: true; docker run --rm 'a b' true; docker run --rm '' true
