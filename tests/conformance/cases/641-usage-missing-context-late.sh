docker --context nosuch ps x; echo $?
docker --context nosuch ps --foo; echo $?
docker --context nosuch ps --help | head -1
