printf 'hello' > f.txt
docker swarm ca --ca-cert nope.pem
docker swarm ca --rotate --ca-key f.txt
