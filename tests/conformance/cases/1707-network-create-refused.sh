docker network create n1 >/dev/null
for words in '--driver nope n1' '--driver nope n2' '--driver host n2' '--driver overlay n1' '--ingress n2' '--ipam-driver nope n2' '--ipv4=false n2' '--scope swarm n2' \
  '--config-only --internal n2' '--aux-address a=10.78.1.2 n2' '--subnet 10.77.9.0/24 --aux-address a n2' '--subnet 10.77.9.0/24 --aux-address a=10.78.1.2 n2'; do
  echo "$words"
  docker network create $words
done 2>&1
