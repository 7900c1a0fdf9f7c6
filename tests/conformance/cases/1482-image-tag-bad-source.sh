docker tag "" x; echo "rc $?"
docker tag UPPER x; echo "rc $?"
docker tag a@b x; echo "rc $?"
docker tag nosuch x; echo "rc $?"
