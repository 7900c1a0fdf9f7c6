nines=$(printf '9%.0s' $(seq 4400))
for flags in "--expose $nines" "-p $nines" "--memory $nines" "--ulimit nofile=$nines" "--health-interval ${nines}s" "--stop-timeout $nines" \
  "--restart on-failure:$nines" "--gpus $nines" "--cpus $nines" "--health-interval 9.${nines}s"; do
  docker create --pull never $flags nosuch:never 2>&1 | head -n 1 | sed 's/99*/N/g'
done
