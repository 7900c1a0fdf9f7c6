docker plugin inspect x y
docker plugin inspect --format '{{' x
docker plugin rm -f x y
docker plugin enable --timeout -1 x
docker plugin enable x
docker plugin disable ''
