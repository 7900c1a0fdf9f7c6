docker plugin ls
docker plugin ls -q --no-trunc
docker plugin ls --format 'table {{.ID}}\t{{.Name}}\t{{.PluginReference}}'
docker plugin ls --format json --filter enabled=true --filter capability=volumedriver
