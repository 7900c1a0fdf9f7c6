docker run --help | grep -c -- --use-api-socket
