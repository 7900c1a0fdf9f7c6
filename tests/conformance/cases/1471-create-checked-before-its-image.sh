for flags in '--network container:' '--network container:x --hostname h' '--uts host --hostname h' '--isolation bad' '-w relative' \
  '--stop-signal bad' '--restart bad' '--memory 1m' '--cpus 1 --cpu-quota 1000' '--network host --link a:b' '--name !'; do
  docker create --pull never $flags nosuch:never
done
docker run --restart bad nosuch:never
