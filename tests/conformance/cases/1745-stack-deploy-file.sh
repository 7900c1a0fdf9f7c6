# stack deploy: the file is read before the engine is asked
echo 'services: {a: {image: x, build: ., links: [a], expose: [1], container_name: f}}' > 1.yml
docker stack deploy -c 1.yml x
echo 'services: {a: {extends: b, cpuset: f}}' > 2.yml
docker stack deploy -d -c 2.yml x
docker stack deploy -d --resolve-image foo -c 1.yml x
docker stack deploy -d -c none.yml x
