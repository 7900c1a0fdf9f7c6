docker search --limit 101 x; echo "rc $?"
docker search --filter stars=x x; echo "rc $?"
docker search --filter stars=1.5 x; echo "rc $?"
docker search --filter foo=1 x; echo "rc $?"
