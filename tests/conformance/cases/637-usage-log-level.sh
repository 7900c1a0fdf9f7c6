docker -l foo --help; echo $?
docker -l Info ps -q; echo $?
docker -l foo nosuch; echo $?
