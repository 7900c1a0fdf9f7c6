docker search 127.0.0.1:1/x; echo "rc $?"
