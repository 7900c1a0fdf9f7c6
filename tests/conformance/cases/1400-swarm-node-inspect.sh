docker node inspect self
docker node inspect --format '{{.ID}}' a b
docker node inspect --pretty a b
docker node inspect ''
