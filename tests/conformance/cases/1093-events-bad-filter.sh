docker events --since 1 --until 2 --filter color=red
docker events --since 1 --until 2 --filter type
docker events --since x
docker events --until x
