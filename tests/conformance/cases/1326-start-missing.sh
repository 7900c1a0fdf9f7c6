docker start nosuch; docker start -a nosuch; docker start
