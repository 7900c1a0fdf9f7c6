docker images '' --format '{{.Repository}}'
docker images --filter label!=x; echo "rc $?"
docker images --filter label=x -q
