docker help help; echo $?
docker help help x; echo $?
docker help volume ls x; echo $?
