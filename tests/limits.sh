#!/bin/bash
# Resource limits with real delegation: run as a user to whom systemd has delegated controllers.
# LIMITS_PACKAGES: a directory with pydocker's packages from PyPI, where they are not installed.
#   tests/limits.sh [PYDOCKER COMMAND...]      prints "limits: passed", or what differs
set -u
cd "$(dirname "$0")/.."
top=$(mktemp -d /tmp/pydocker-limits-XXXXXX)
export PYDOCKER_ROOT=$top/root
if [ $# -gt 0 ]; then p() { "${command[@]}" "$@"; }; command=("$@"); else p() { PYTHONPATH=$PWD${LIMITS_PACKAGES:+:$LIMITS_PACKAGES} python3 -m dockercompat "$@"; }; fi
failed=0
same() { # WHAT WANTED GOT
    if [ "$2" != "$3" ]; then
        echo "limits: $1: wanted '$2', got '$3'"
        failed=1
    fi
}
trap 'p system reset --force >/dev/null 2>&1; rm -rf "$top"' EXIT
python3 -m tests.rootfs "$top/busybox.tar" || exit 1
p import -c 'CMD ["sh"]' "$top/busybox.tar" busybox:latest >/dev/null || exit 1
same "info says so" "true true true" "$(p info -f '{{.MemoryLimit}} {{.CPUCfsQuota}} {{.PidsLimit}}')"
same "no warning" "" "$(p run --rm --network none -m 64m busybox true 2>&1)"
same memory.max 67108864 "$(p run --rm --network none -m 64m busybox cat /sys/fs/cgroup/memory.max)"
same cpu.max "150000 100000" "$(p run --rm --network none --cpus 1.5 busybox cat /sys/fs/cgroup/cpu.max)"
same pids.max 17 "$(p run --rm --network none --pids-limit 17 busybox cat /sys/fs/cgroup/pids.max)"
eater='tail -c 200000000 /dev/zero >/dev/null'
for i in 1 2 3; do
    p run -d --name child$i --network none -m 32m --memory-swap 32m busybox sh -c "$eater; exit \$?" >/dev/null
    same "out of memory, a child" 137 "$(p wait child$i)"
    p run --name main$i --network none -m 32m --memory-swap 32m busybox sh -c "exec $eater" 2>/dev/null
    same "out of memory, in the foreground" 137 $?
    p run --name fed$i --network none -m 32m busybox true
    same "who ran out of memory" "true true false" "$(p inspect -f '{{.State.OOMKilled}}' child$i main$i fed$i | xargs)"
done
p start -a child1 >/dev/null 2>&1
same "out of memory again" true "$(p inspect -f '{{.State.OOMKilled}}' child1)"
p run -d --name again --network none -m 32m --memory-swap 32m --restart on-failure:2 busybox sh -c "$eater; exit \$?" >/dev/null
for _ in $(seq 60); do [ "$(p inspect -f '{{.State.Status}}' again)" = exited ] && break; sleep 1; done
same "restarted, and out of memory" "2 true" "$(p inspect -f '{{.RestartCount}} {{.State.OOMKilled}}' again)"
p run -d --name host --network none -m 32m --memory-swap 32m busybox sleep 100 >/dev/null
p exec host sh -c "exec $eater" 2>/dev/null
same "out of memory, of exec" 137 $?
p kill host >/dev/null
p wait host >/dev/null
same "out of memory, of exec" true "$(p inspect -f '{{.State.OOMKilled}}' host)"
same "cpuset" 0 "$(p run --rm --network none --cpuset-cpus 0 busybox cat /sys/fs/cgroup/cpuset.cpus)"
same "parent" 67108864 "$(p run --rm --network none -m 64m --cgroup-parent /some/where.slice busybox cat /sys/fs/cgroup/memory.max)"
p run -d --name idle --network none -m 64m busybox sleep 100 >/dev/null
p update -m 96m --memory-swap 96m idle >/dev/null
same "update" 100663296 "$(p exec idle cat /sys/fs/cgroup/memory.max)"
same "stats" "96MiB" "$(p stats --no-stream --format '{{.MemUsage}}' idle | sed 's/.* //')"
p pause idle >/dev/null
same "pause" paused "$(p inspect -f '{{.State.Status}}' idle)"
p unpause idle >/dev/null
same "unpause" running "$(p inspect -f '{{.State.Status}}' idle)"
group=/sys/fs/cgroup$(cut -d: -f3 "/proc/$(p inspect -f '{{.State.Pid}}' idle)/cgroup")
same "a group" yes "$([ -f "$group/memory.events" ] && echo yes)"
kill -9 "$(p inspect -f '{{.State.Pid}}' idle)"
p wait idle >/dev/null
same "killed, but not for memory" "137 false" "$(p inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}}' idle)"
same "groups left" "" "$(find "${group%/*}" -mindepth 1 -type d)"
[ $failed = 0 ] && echo "limits: passed"
exit $failed
