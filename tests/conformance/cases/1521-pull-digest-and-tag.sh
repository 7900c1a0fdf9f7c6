d=sha256:0000000000000000000000000000000000000000000000000000000000000000
docker pull 127.0.0.1:1/x@$d; echo "rc $?"
docker pull -a 127.0.0.1:1/x:1; echo "rc $?"
docker pull -a 127.0.0.1:1/x@$d; echo "rc $?"
docker pull 127.0.0.1:1/; docker pull http://127.0.0.1:1/x; docker pull x@sha256:abc; docker pull ""
docker push x@$d; docker push -a x:1; docker push ""
