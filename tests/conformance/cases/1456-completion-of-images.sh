docker tag busybox:latest other:v1
docker __complete run "" | sort; docker __complete run other ""; docker __complete tag a b ""; docker __complete pull ""
