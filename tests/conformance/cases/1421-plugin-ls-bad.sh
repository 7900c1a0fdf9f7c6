docker plugin ls --filter x=y
docker plugin ls --filter enabled=x
docker plugin ls --format '{{'
docker plugin ls --format 'table {{.Nope}}'
