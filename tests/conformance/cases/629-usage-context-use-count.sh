docker context use; echo $?
docker context use a b; echo $?
