echo data | docker run --rm busybox sh -c 'cat; echo end'
