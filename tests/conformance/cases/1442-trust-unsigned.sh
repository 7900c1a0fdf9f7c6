docker trust inspect busybox nope/x:1
docker trust inspect --pretty busybox
docker trust sign busybox
docker trust sign ''
docker trust revoke ''
