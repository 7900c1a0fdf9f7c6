docker system df --format '{{.Type}} {{.TotalCount}} {{.Active}}'
docker system df --format json | sed 's/"Size":"[^"]*"/S/; s/"Reclaimable":"[^"]*"/R/'
docker system df extra
docker system df -v --format '{{range .Volumes}}{{.Name}} {{.Links}}{{end}}'
