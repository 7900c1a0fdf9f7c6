# stack config: several files are one
echo 'services: {a: {image: x, command: a, ports: ["80:80"], environment: {A: "1", B: "2"}, dns: [1.1.1.1], labels: {l: a}, deploy: {replicas: 2}}}' > 1.yml
echo 'services: {a: {image: y, command: b, ports: ["70:70"], environment: {A: "3"}, dns: [2.2.2.2], deploy: {replicas: 0, mode: global}}, b: {image: c}}' > 2.yml
docker stack config -c 1.yml -c 2.yml
docker stack config -c 2.yml,1.yml
docker stack config -c none.yml
docker stack config
