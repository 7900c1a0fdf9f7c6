docker rmi ""; echo "rc $?"
docker rmi " "; echo "rc $?"
docker history ""; echo "rc $?"
docker rmi UPPER nosuch; echo "rc $?"
