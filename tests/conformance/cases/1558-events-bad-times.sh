docker events --since 99999999999 --until 1; echo "rc $?"
docker events --since 2020-01-02 --until 2020-01-01T10:00:00Z; echo "rc $?"
docker events --since 1h --until 2h 2>&1 | sed 's/[0-9]\{10\}/N/g'
docker events --since 1.5 --until 1; docker events --since 2020-01-01 --until 2020-01-02; echo "rc $?"
