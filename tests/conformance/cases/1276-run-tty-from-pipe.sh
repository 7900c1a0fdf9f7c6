echo x | docker run --rm -it busybox cat
