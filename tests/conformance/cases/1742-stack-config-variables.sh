# stack config: the environment in the file
try() { printf '%s\n' "$1" > f.yml; docker stack config -c f.yml; echo "$?"; }
try 'services: {a: {image: "${NO:-d}${NO-e}$$X"}}'
try 'services: {a: {image: "$"}}'
try 'services: {a: {image: "${NO:?why}"}}'
try 'services: {a: {privileged: "${NO:-1.2}"}}'
docker stack config --skip-interpolation -c - < f.yml
