printf 'one\ntwo\n' | docker run --rm -i busybox sh -c 'wc -l; echo end'
