docker create --name c1 busybox true >/dev/null
for word in "" c container: host; do docker __complete run --ipc "$word" 2>&1; docker __complete run --pid "$word" 2>&1; done; docker __complete run --link ""
