# stack config: what is no such file
try() { printf '%s\n' "$1" > f.yml; docker stack config -c f.yml; echo "$?"; }
try 'services: {a: {image: b, foo: 1}}'
try 'foo: 1'
try 'services: {a: }'
try 'services: {a: {command: 5}}'
try 'services: {a: {ports: [a]}}'
try 'services: {a: {extends: b}}'
