echo hello | docker load; echo "rc $?"
echo | docker load -q; echo "rc $?"
docker load -i missing; echo "rc $?"
head -c 2000 /dev/zero | tr '\0' x | docker load; echo "rc $?"
