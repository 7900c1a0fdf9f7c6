docker network create n1 >/dev/null
for words in '--no-trunc' '-q' '-q --no-trunc'; do
  docker network ls $words --filter name=n1
done
docker network ls --no-trunc --filter name=n1 --format '{{.ID}}'
docker network inspect --verbose --format '{{.Name}} {{.Driver}}' n1
