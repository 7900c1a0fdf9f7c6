docker network create --subnet 10.77.1.0/24 --aux-address kept=10.77.1.2 n1 >/dev/null
docker run -d --name c1 busybox sleep 60 >/dev/null
for words in '--ip bad n1' '--ip 10.77.1.2 n1' '--ip 10.78.1.2 n1' '--ip6 2001:db8::33 n1' '--ip6 bad n1' '--link-local-ip bad n1' '--driver-opt x n1' '--gw-priority x n1'; do
  echo "$words"
  docker network connect $words c1
done 2>&1
