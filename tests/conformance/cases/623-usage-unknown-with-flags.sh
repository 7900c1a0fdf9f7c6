docker nosuch --foo; echo $?
docker nosuch -x; echo $?
docker nosuch -- --help; echo $?
docker volume nosuch --foo; echo $?
