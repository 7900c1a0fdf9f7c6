docker run --rm -a stderr busybox sh -c 'echo out; echo err >&2'
