for n in network volume image container; do docker $n inspect ''; echo "rc $?"; done
docker inspect ''; echo "rc $?"
docker inspect --type network ''; docker inspect --type image ''; docker inspect --type volume ''
