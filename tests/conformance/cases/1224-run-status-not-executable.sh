docker run --rm -v "$PWD":/h busybox sh -c 'echo hi > /h/f'; docker run --rm -v "$PWD":/h busybox /h/f
