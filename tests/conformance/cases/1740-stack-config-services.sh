# stack config: the fields of a service in full form
try() { printf '%s\n' "$1" > f.yml; docker stack config -c f.yml; echo "$?"; }
try 'services: {web: {image: x, command: echo "a b" c, ports: ["8080:80", 443, "53:53/udp"], environment: [A=b, NOPE], volumes: ["data:/data", /x]}}'
try 'services: {a: {image: b, deploy: {replicas: 0, resources: {limits: {cpus: "0.5", memory: 50M}}, restart_policy: {condition: any, delay: 5s}}, healthcheck: {test: curl x, interval: 1m30s, retries: 3}, networks: [n1], ulimits: {nproc: 65535, nofile: {soft: 1, hard: 2}}, labels: {a: 1, c: }, stop_grace_period: 1m}}'
try 'services: {a: {image: yes, x-y: [1, 2.5, 1e3, 0644, true, on, {b: [1, [2]], a10: 1, a9: 2}], user: "a: b"}}'
