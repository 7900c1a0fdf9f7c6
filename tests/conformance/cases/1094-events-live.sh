docker events --filter type=volume --format '{{.Action}} {{.Actor.ID}}' > seen &
sleep 0.7
docker volume create v1 >/dev/null
docker volume rm v1 >/dev/null
sleep 0.7
kill $!
cat seen
