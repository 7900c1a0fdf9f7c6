docker run --rm -a stdout busybox sh -c 'echo out; echo err >&2'
