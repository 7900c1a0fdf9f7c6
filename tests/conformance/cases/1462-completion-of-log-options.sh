for driver in local json-file journald none; do docker __complete run --log-driver $driver --log-opt ""; done; docker __complete run --log-driver ""
