docker create --help | head -12
docker run --name x --help | head -12
