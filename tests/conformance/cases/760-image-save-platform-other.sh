docker save --platform linux/arm64 -o x.tar busybox
echo "$?"; ls
