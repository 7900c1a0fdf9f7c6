#!/bin/bash
# The Engine API under a user's systemd: started when a client comes, and what a stop of it leaves alone. Run as a user with a manager of its own.
# LIMITS_PACKAGES: a directory with pydocker's packages from PyPI, where they are not installed.
#   tests/systemd.sh      prints "systemd: passed", or what differs
set -u
cd "$(dirname "$0")/.."
top=$(mktemp -d /tmp/pydocker-systemd-XXXXXX)
socket=$XDG_RUNTIME_DIR/docker.sock units=$XDG_RUNTIME_DIR/systemd/user
mkdir -p "$units"
cp scripts/pydocker.socket "$units/"
sed "s|@PYDOCKER@|$top/pydocker|" scripts/pydocker.service > "$units/pydocker.service"
cat > "$top/pydocker" <<F
#!/bin/sh
PYDOCKER_ROOT=$top/root PYTHONPATH=$PWD${LIMITS_PACKAGES:+:$LIMITS_PACKAGES} exec python3 -m dockercompat "\$@"
F
chmod +x "$top/pydocker"
p() { "$top/pydocker" "$@"; }
ask() { # METHOD PATH [BODY]: the answer's body
    python3 - "$socket" "$@" <<'P'
import http.client, socket, sys
connection = http.client.HTTPConnection("d")
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.settimeout(120)
connection.sock.connect(sys.argv[1])
connection.request(sys.argv[2], sys.argv[3], *sys.argv[4:5], headers={"Content-Type": "application/json"} if sys.argv[4:] else {})
print(connection.getresponse().read().decode().strip())
P
}
active() { systemctl --user is-active pydocker.service; }
failed=0
same() { # WHAT WANTED GOT
    if [ "$2" != "$3" ]; then
        echo "systemd: $1: wanted '$2', got '$3'"
        failed=1
    fi
}
cleanup() {
    systemctl --user stop pydocker.socket pydocker.service 2>/dev/null
    p system reset --force >/dev/null 2>&1
    rm -rf "$top" "$units/pydocker.socket" "$units/pydocker.service"
    systemctl --user daemon-reload
}
trap cleanup EXIT
python3 -m tests.rootfs "$top/busybox.tar" || exit 1
p import -c 'CMD ["sh"]' "$top/busybox.tar" busybox:latest >/dev/null || exit 1
systemctl --user daemon-reload
systemctl --user start pydocker.socket || exit 1
same "the socket's mode" 600 "$(stat -c %a "$socket")"
same "nobody has come" inactive "$(active)"
same "the first client" OK "$(ask GET /_ping)"
same "somebody has come" active "$(active)"
ask POST "/containers/create?name=stays" '{"Image": "busybox", "Cmd": ["sleep", "500"], "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "18080"}]}, "RestartPolicy": {"Name": "always"}}}' >/dev/null
same "start" "" "$(ask POST /containers/stays/start)"
pid=$(p inspect -f '{{.State.Pid}}' stays)
control=$(systemctl --user show -P ControlGroup pydocker.service)
tasks() { # names of the processes that count as the service's, but its own
    main=$(systemctl --user show -P MainPID pydocker.service)
    for each in $(cat "/sys/fs/cgroup$control/cgroup.procs" 2>/dev/null); do
        [ "$each" = "$main" ] || [ "$(cut -d' ' -f4 "/proc/$each/stat")" = "$main" ] || cat "/proc/$each/comm"
    done | sort -u | xargs
}
same "what runs in the service's control group beside it" "" "$(tasks)"
systemctl --user stop pydocker.service 2>/dev/null
same "after a stop" inactive "$(active)"
same "after a stop" "stays $pid" "$(p ps --format '{{.Names}}') $(p inspect -f '{{.State.Pid}}' stays)"
same "the monitor" 1 "$(pgrep -c -u "$(id -u)" conmon)"
same "a client starts it again" "$pid" "$(ask GET /containers/stays/json | python3 -c 'import json, sys; print(json.load(sys.stdin)["State"]["Pid"])')"
systemctl --user kill --signal KILL --kill-who main pydocker.service
same "after a kill" "$pid" "$(ask GET /containers/stays/json | python3 -c 'import json, sys; print(json.load(sys.stdin)["State"]["Pid"])')"
same "the container lives" sleep "$(cat "/proc/$pid/comm")"
p rm -f stays >/dev/null
systemctl --user stop pydocker.socket pydocker.service 2>/dev/null
same "the socket goes with its unit" no "$([ -e "$socket" ] && echo yes || echo no)"
[ $failed = 0 ] && echo "systemd: passed"
exit $failed
