docker run --rm --device /dev/null:/dev/nn busybox sh -c 'echo x > /dev/nn && test -c /dev/nn && echo ok'
