docker import --platform windows "$BASE_TAR" w:1
docker import --platform linux/arm/v7 "$BASE_TAR" arm:1 >/dev/null
docker image inspect -f '{{.Os}} {{.Architecture}} {{.Variant}}' arm:1
