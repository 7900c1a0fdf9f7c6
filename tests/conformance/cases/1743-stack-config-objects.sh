# stack config: networks, volumes, secrets, configs
try() { printf '%s\n' "$1" > f.yml; docker stack config -c f.yml; echo "$?"; }
try 'volumes: {v: {external: true}, w: {driver: d, labels: [a=b]}}'
try 'networks: {n: {external: {name: x}, name: y}}'
try 'networks: {n: {ipam: {driver: d, config: [{subnet: 10.0.0.0/8}]}, internal: true, driver_opts: {a: 1}}}'
try 'configs: {s: {external: true}}'
try 'version: "2"'
try 'version: "3.99"'
