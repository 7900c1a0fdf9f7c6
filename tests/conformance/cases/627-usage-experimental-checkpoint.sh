docker checkpoint; echo $?
docker checkpoint ls; echo $?
docker checkpoint nosuch; echo $?
docker checkpoint --help; echo $?
