mkdir p q; echo '{' > q/config.json
docker plugin create x nope
docker plugin create x p
docker plugin create x q
docker plugin create 'A B' p
