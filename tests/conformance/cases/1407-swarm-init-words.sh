docker swarm init --availability x
docker swarm init --listen-addr 1.2.3.4:x
docker swarm init --listen-addr http://1.2.3.4:80
docker swarm init --default-addr-pool x
docker swarm init --advertise-addr foo
docker swarm init --advertise-addr 1.2.3.4
