for word in "" a l label= label=d s sec seccomp= x; do docker __complete run --security-opt "$word" 2>&1; done
