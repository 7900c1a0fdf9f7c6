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
p run -d --name hungry --network none -m 32m --memory-swap 32m busybox sh -c 'tail -c 200000000 /dev/zero >/dev/null; s=$?; sleep 5; exit $s' >/dev/null
status=$(p wait hungry)
same "out of memory" "137 true" "$status $(p inspect -f '{{.State.OOMKilled}}' hungry)"
p run -d --name idle --network none -m 64m busybox sleep 100 >/dev/null
p update -m 96m --memory-swap 96m idle >/dev/null
same "update" 100663296 "$(p exec idle cat /sys/fs/cgroup/memory.max)"
same "stats" "96MiB" "$(p stats --no-stream --format '{{.MemUsage}}' idle | sed 's/.* //')"
p pause idle >/dev/null
same "pause" paused "$(p inspect -f '{{.State.Status}}' idle)"
p unpause idle >/dev/null
same "unpause" running "$(p inspect -f '{{.State.Status}}' idle)"
p rm -f idle hungry >/dev/null
[ $failed = 0 ] && echo "limits: passed"
exit $failed
