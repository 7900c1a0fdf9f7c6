docker volume --help ls | head -1
docker trust --help key load | head -1
docker volume --x=1 ls; echo $?
docker volume --x ls; echo $?
