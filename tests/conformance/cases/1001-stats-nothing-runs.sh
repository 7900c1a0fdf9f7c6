docker stats --no-stream; docker stats --no-stream --format '{{.Name}}'; docker stats --no-stream --format json; echo $?
