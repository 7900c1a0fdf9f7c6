docker run --rm -v "$PWD/made":/m busybox ls /m; ls -d made
