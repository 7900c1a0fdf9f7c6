docker ps -q -n 0x10; docker ps -q -n 0_7; docker ps -q -n 08; echo $?
docker ps -n 1__0; echo $?
docker ps -n 99999999999999999999; echo $?
