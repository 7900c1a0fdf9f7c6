"""What each flag of run and create does to the container."""

from __future__ import annotations

import json
import os

import pytest

from tests.conftest import proves

SIMPLE = ("run", "--rm")


def lines(result):
    assert result.status == 0, result
    assert result.stderr == "", result
    return result.stdout.splitlines()


def created(pydocker, image, *flags, words=(), field="HostConfig"):
    """A member of the inspect of a container made with these flags and started once; what create said."""
    made = pydocker("create", "--name", "made", *flags, image, *words)
    assert made.status == 0, made
    shown = json.loads(pydocker("inspect", "made", check=True).stdout)[0]
    pydocker("rm", "-v", "made", check=True)
    for name in field.split("."):
        shown = shown[name]
    return shown, made


@proves(
    "container run --dns", "container run --dns-search", "container run --dns-option", "container run --hostname",
    "container run --domainname", "container run --add-host", "container create --dns", "container create --dns-search",
    "container create --dns-option", "container create --hostname", "container create --domainname", "container create --add-host",
)  # fmt: skip
def test_names(pydocker, image):
    names = ("--dns", "9.9.9.9", "--dns-search", "a.example", "--dns-option", "ndots:3", "-h", "box", "--domainname", "b.example")
    hosts = ("--add-host", "other:10.9.8.7", "--add-host", "six=[::1]")
    script = "cat /etc/resolv.conf /etc/hosts; hostname; cat /proc/sys/kernel/domainname"
    seen = lines(pydocker(*SIMPLE, *names, *hosts, image, "sh", "-c", script))
    for line in ("nameserver 9.9.9.9", "search a.example", "options ndots:3", "10.9.8.7\tother", "::1\tsix"):
        assert line in seen
    assert seen[-2:] == ["box", "b.example"]


@proves(
    "container run --env", "container run --env-file", "container run --label", "container run --label-file",
    "container run --annotation", "container create --env", "container create --env-file", "container create --label",
    "container create --label-file", "container create --annotation",
)  # fmt: skip
def test_environment_and_labels(pydocker, image, tmp_path):
    (tmp_path / "env").write_text("# none\nA=file\nB=it's\nHOST\nMISSING\n")
    (tmp_path / "labels").write_text("one=1\ntwo=2\n")
    flags = ("--env-file", "env", "-e", "A=flag", "-e", "HERE", "--label-file", "labels", "-l", "two=flag", "--annotation", "n=v")
    pydocker("create", "--name", "c1", *flags, image, "env", env={"HOST": "h", "HERE": "x y"}, cwd=tmp_path, check=True)
    shown = json.loads(pydocker("inspect", "c1").stdout)[0]
    assert shown["Config"]["Labels"] == {"one": "1", "two": "flag"}
    assert shown["HostConfig"]["Annotations"] == {"n": "v"}
    seen = lines(pydocker("start", "-a", "c1"))
    assert {"A=flag", "B=it's", "HOST=h", "HERE=x y", "HOME=/root"} <= set(seen)
    assert not any(line.startswith("MISSING") for line in seen)


@proves(
    "container run --user", "container run --group-add", "container run --workdir", "container run --entrypoint",
    "container create --user", "container create --group-add", "container create --workdir", "container create --entrypoint",
)  # fmt: skip
def test_process(pydocker, image):
    flags = ("-u", "5:6", "--group-add", "12", "-w", "/new/dir", "--entrypoint", "sh")
    assert lines(pydocker(*SIMPLE, *flags, image, "-c", "id -u; id -G; pwd")) == ["5", "6 12", "/new/dir"]
    entrypoint, _ = created(pydocker, image, "--entrypoint", "e", words=("a", "b"), field="Config.Entrypoint")
    assert entrypoint == ["e"]


@proves(
    "container run --cap-add", "container run --cap-drop", "container run --privileged", "container run --security-opt",
    "container create --cap-add", "container create --cap-drop", "container create --privileged", "container create --security-opt",
)  # fmt: skip
def test_privileges(pydocker, image):
    def status(*flags):
        seen = lines(pydocker(*SIMPLE, *flags, image, "cat", "/proc/1/status"))
        return {name: value.strip() for name, _, value in (line.partition(":") for line in seen)}

    assert int(status("--cap-drop", "ALL", "--cap-add", "chown")["CapEff"], 16) == 1
    plain = status()
    assert (int(plain["CapEff"], 16) & 1 << 21, plain["Seccomp"]) == (0, "2")
    assert int(status("--cap-add", "SYS_ADMIN")["CapEff"], 16) & 1 << 21
    assert status("--security-opt", "no-new-privileges")["NoNewPrivs"] == "1"
    assert status("--security-opt", "seccomp=unconfined")["Seccomp"] == "0"
    privileged = status("--privileged")
    assert (int(privileged["CapEff"], 16) & 1 << 21, privileged["Seccomp"]) == (1 << 21, "0")


@proves(
    "container run --shm-size", "container run --sysctl", "container run --ulimit", "container run --oom-score-adj",
    "container create --shm-size", "container create --sysctl", "container create --ulimit", "container create --oom-score-adj",
)  # fmt: skip
def test_kernel_settings(pydocker, image):
    flags = (
        "--shm-size",
        "32m",
        "--sysctl",
        "net.ipv4.ip_unprivileged_port_start=70",
        "--ulimit",
        "nofile=100:200",
        "--oom-score-adj",
        "500",
    )
    script = "df -k /dev/shm | tail -1 | awk '{print $2}'; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ulimit -n; ulimit -Hn"
    seen = lines(pydocker(*SIMPLE, *flags, image, "sh", "-c", script + "; cat /proc/1/oom_score_adj"))
    assert seen == ["32768", "70", "100", "200", "500"]


@proves(
    "container run --pid", "container run --ipc", "container run --uts", "container run --cgroupns", "container run --userns",
    "container create --pid", "container create --ipc", "container create --uts", "container create --cgroupns",
    "container create --userns",
)  # fmt: skip
def test_namespaces(pydocker, image):
    own = {kind: os.readlink(f"/proc/self/ns/{kind}") for kind in ("pid", "ipc", "uts")}
    show = ("sh", "-c", "for kind in pid ipc uts; do readlink /proc/self/ns/$kind; done")
    assert lines(pydocker(*SIMPLE, "--pid", "host", "--ipc", "host", "--uts", "host", image, *show)) == list(own.values())
    assert not set(lines(pydocker(*SIMPLE, image, *show))) & set(own.values())
    pydocker("run", "-d", "--name", "donor", "--ipc", "shareable", "-h", "donor", image, "sleep", "60", check=True)
    joined = pydocker(
        *SIMPLE, "--pid", "container:donor", "--ipc", "container:donor", image, "sh", "-c", "cat /proc/1/cmdline | tr '\\0' ' '"
    )
    assert lines(joined) == ["sleep 60 "]
    assert lines(pydocker(*SIMPLE, "--userns", "host", "--cgroupns", "host", image, "echo", "ok")) == ["ok"]


@proves(
    "container run --device", "container create --device",
)  # fmt: skip
def test_device(pydocker, image):
    assert lines(pydocker(*SIMPLE, "--device", "/dev/full:/dev/brim", image, "stat", "-c", "%F", "/dev/brim")) == ["character special file"]
    missing = pydocker(*SIMPLE, "--device", "/dev/nosuch", image, "true")
    assert missing.status == 127
    assert "/dev/nosuch" in missing.stderr


@proves("container run --gpus", "container create --gpus", "container run --device")
def test_devices_by_name(pydocker, image, tmp_path):
    """A specification stands in for a graphics card: what it adds is all that a real one does."""
    (tmp_path / "library").write_text("driver\n")
    directory = pydocker.runtime_dir / "cdi"
    directory.mkdir()
    edits = {"env": ["CARD=0"], "deviceNodes": [{"path": "/dev/card0", "hostPath": "/dev/full"}]}
    shared = {"mounts": [{"hostPath": str(tmp_path / "library"), "containerPath": "/usr/lib/driver", "options": ["ro"]}]}
    document = {"cdiVersion": "0.6.0", "kind": "nvidia.com/gpu", "containerEdits": shared}
    document["devices"] = [{"name": name, "containerEdits": edits} for name in ("0", "all")]
    (directory / "card.json").write_text(json.dumps(document))
    try:
        for flags in (("--gpus", "all"), ("--gpus", "1"), ("--gpus", "device=0"), ("--device", "nvidia.com/gpu=all")):
            script = "cat /usr/lib/driver; stat -c %F /dev/card0; echo $CARD"
            assert lines(pydocker(*SIMPLE, *flags, image, "sh", "-c", script)) == ["driver", "character special file", "0"], flags
        missing = pydocker(*SIMPLE, "--device", "nvidia.com/gpu=7", image, "true")
        assert missing.status == 125
        assert "Error response from daemon: CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=7\n" in missing.stderr
    finally:
        (directory / "card.json").unlink()
        directory.rmdir()


@proves(
    "container run --mount", "container run --tmpfs", "container run --volume", "container run --volumes-from",
    "container run --volume-driver", "container create --mount", "container create --tmpfs", "container create --volume",
    "container create --volumes-from", "container create --volume-driver",
)  # fmt: skip
def test_mounts(pydocker, image, tmp_path):
    (tmp_path / "file").write_text("data\n")
    flags = (
        "--mount", "type=bind,src=./file,dst=/file,readonly",
        "--mount", "type=tmpfs,dst=/small,tmpfs-size=64k,tmpfs-mode=700",
        "--mount", "type=volume,src=kept,dst=/kept,volume-label=a=b",
        "--tmpfs", "/fast:size=1m,mode=711",
        "-v", "./made/here:/made",
        "-v", "/anonymous",
    )  # fmt: skip
    script = "cat /file; touch /file; stat -c %a /small /fast; touch /kept/x /made/y; df -k /small | tail -1 | awk '{print $2}'"
    seen = pydocker("run", "--name", "first", *flags, image, "sh", "-c", script, cwd=tmp_path)
    assert seen.stdout.splitlines() == ["data", "700", "711", "64"]
    assert seen.stderr == "touch: /file: Read-only file system\n"
    assert (tmp_path / "made/here/y").stat().st_uid == os.getuid()
    points = {point["Destination"]: point for point in json.loads(pydocker("inspect", "first").stdout)[0]["Mounts"]}
    assert sorted(points) == ["/anonymous", "/file", "/kept", "/made", "/small"]
    assert (points["/file"]["RW"], points["/file"]["Propagation"], points["/kept"]["Name"]) == (False, "rprivate", "kept")
    assert json.loads(pydocker("volume", "inspect", "kept").stdout)[0]["Labels"] == {"a": "b"}
    again = pydocker(*SIMPLE, "--volumes-from", "first:ro", image, "sh", "-c", "ls /kept /made; touch /kept/z")
    assert again.stdout.split() == ["/kept:", "x", "/made:", "y"]
    assert again.stderr == "touch: /kept/z: Read-only file system\n"
    refused = pydocker("create", "--volume-driver", "nosuch", "-v", "kind:/x", image)
    assert refused.stderr == 'Error response from daemon: create kind: error looking up volume plugin nosuch: plugin "nosuch" not found\n'
    pydocker("rm", "-v", "first", check=True)
    pydocker("volume", "rm", "kept", check=True)
    assert pydocker("volume", "ls", "-q").stdout == ""


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("-v", "aa:b:c:d"), "invalid volume specification: 'aa:b:c:d'"),
        (("-v", "vol:rel"), "invalid volume specification: 'vol:rel': invalid mount config for type \"volume\": "
         "invalid mount path: 'rel' mount path must be absolute"),
        (("-v", "aa:/x", "-v", "bb:/x"), "Duplicate mount point: /x"),
        (("--mount", "type=bind,src=/nosuch,dst=/x"), 'invalid mount config for type "bind": bind source path does not exist: /nosuch'),
        (("--mount", "type=tmpfs,src=/tmp,dst=/x"), 'invalid mount config for type "tmpfs": field Source must not be specified'),
        (("--tmpfs", "rel"), "invalid mount path: 'rel' mount path must be absolute"),
        (("--volumes-from", "nosuch"), "No such container: nosuch"),
        (("--link", "nosuch"), "could not get container for nosuch: No such container: nosuch"),
        (("--cap-add", "NOSUCH"), 'invalid CapAdd: unknown capability: "CAP_NOSUCH"'),
        (("--ipc", "nosuch"), "invalid IPC mode: nosuch"),
        (("--isolation", "nosuch"), "invalid isolation (nosuch): linux only supports 'default'"),
        (("--runtime", "nosuch"), "unknown or invalid runtime name: nosuch"),
        (("--stop-signal", "NOSUCH"), "invalid signal: NOSUCH"),
        (("-m", "5m"), "Minimum memory limit allowed is 6MB"),
        (("--memory-swap", "1g"), "You should always set the Memory limit when using Memoryswap limit, see usage"),
        (("--cpus", "1", "--cpu-quota", "2000"), "Conflicting options: Nano CPUs and CPU Quota cannot both be set"),
        (("--health-cmd", "x", "--health-interval", "1us"), "Interval in Healthcheck cannot be less than 1ms"),
        (("--log-opt", "nosuch=1"), "unknown log opt 'nosuch' for json-file log driver"),
        (("--log-driver", "nosuch"), 'error looking up logging plugin nosuch: plugin "nosuch" not found'),
        (("--storage-opt", "size=1g"), "--storage-opt is supported only for overlay over xfs with 'pquota' mount option"),
        (("--restart", "nosuch"),
         "invalid restart policy: unknown policy 'nosuch'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"),
        (("-w", "rel"), "the working directory 'rel' is invalid, it needs to be an absolute path"),
        (("--name", "x"), "Invalid container name (x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"),
        (("--net", "container:x", "-p", "80"), "conflicting options: port publishing and the container type network mode"),
    ],
)  # fmt: skip
def test_refused_and_nothing_is_left(pydocker, image, flags, message):
    refused = pydocker("create", *flags, image, "true")
    assert (refused.status, refused.stdout, refused.stderr) == (1, "", f"Error response from daemon: {message}\n")
    assert pydocker("ps", "-aq").stdout == ""
    assert pydocker("volume", "ls", "-q").stdout == ""


@proves(
    "container run --memory", "container run --memory-swap", "container run --memory-reservation", "container run --memory-swappiness",
    "container run --oom-kill-disable", "container run --pids-limit", "container run --cpus", "container run --cpu-shares",
    "container run --cpu-period", "container run --cpu-quota", "container run --cpuset-cpus", "container run --cpuset-mems",
    "container run --blkio-weight", "container run --blkio-weight-device", "container run --device-read-bps",
    "container run --device-read-iops", "container run --device-write-bps", "container run --device-write-iops",
    "container create --memory", "container create --memory-swap", "container create --memory-reservation",
    "container create --memory-swappiness", "container create --oom-kill-disable", "container create --pids-limit",
    "container create --cpus", "container create --cpu-shares", "container create --cpu-period", "container create --cpu-quota",
    "container create --cpuset-cpus", "container create --cpuset-mems", "container create --blkio-weight",
    "container create --blkio-weight-device", "container create --device-read-bps", "container create --device-read-iops",
    "container create --device-write-bps", "container create --device-write-iops",
)  # fmt: skip
@pytest.mark.parametrize(
    ("flags", "member", "value", "nothing"),
    [
        (("-m", "64m"), "Memory", 64 << 20, 0),
        (("-m", "64m", "--memory-swap", "128m"), "MemorySwap", 128 << 20, -1),
        (("--memory-reservation", "32m"), "MemoryReservation", 32 << 20, 0),
        (("--memory-swappiness", "5"), "MemorySwappiness", 5, None),
        (("--oom-kill-disable",), "OomKillDisable", True, None),
        (("--pids-limit", "50"), "PidsLimit", 50, None),
        (("--cpus", "0.5"), "NanoCpus", 500_000_000, 0),
        (("--cpu-shares", "512"), "CpuShares", 512, 0),
        (("--cpu-period", "10000"), "CpuPeriod", 10000, 0),
        (("--cpu-quota", "5000"), "CpuQuota", 5000, 0),
        (("--cpuset-cpus", "0"), "CpusetCpus", "0", ""),
        (("--cpuset-mems", "0"), "CpusetMems", "0", ""),
        (("--blkio-weight", "50"), "BlkioWeight", 50, 0),
        (("--blkio-weight-device", "/dev/null:50"), "BlkioWeightDevice", [{"Path": "/dev/null", "Weight": 50}], []),
        (("--device-read-bps", "/dev/null:1mb"), "BlkioDeviceReadBps", [{"Path": "/dev/null", "Rate": 1 << 20}], []),
        (("--device-read-iops", "/dev/null:9"), "BlkioDeviceReadIOps", [{"Path": "/dev/null", "Rate": 9}], []),
        (("--device-write-bps", "/dev/null:1mb"), "BlkioDeviceWriteBps", [{"Path": "/dev/null", "Rate": 1 << 20}], []),
        (("--device-write-iops", "/dev/null:9"), "BlkioDeviceWriteIOps", [{"Path": "/dev/null", "Rate": 9}], []),
    ],
)
def test_a_limit_is_kept_or_taken_away_with_a_warning(pydocker, image, flags, member, value, nothing):
    kept, made = created(pydocker, image, *flags, field=f"HostConfig.{member}")
    if kept == value:
        assert made.stderr == ""
    else:
        assert kept == nothing
        assert made.stderr.startswith("WARNING: Your kernel does not support ")
        assert "iscarded" in made.stderr


@proves(
    "container run --stop-signal", "container run --stop-timeout", "container run --restart", "container run --log-driver",
    "container run --log-opt", "container run --expose", "container run --publish", "container run --publish-all",
    "container run --health-cmd", "container run --health-interval", "container run --health-retries", "container run --health-timeout",
    "container run --health-start-period", "container run --health-start-interval", "container run --no-healthcheck",
    "container run --interactive", "container run --tty", "container run --attach", "container run --runtime",
    "container run --isolation", "container run --cgroup-parent", "container run --device-cgroup-rule", "container run --read-only",
    "container run --init", "container create --stop-signal", "container create --stop-timeout", "container create --restart",
    "container create --log-driver", "container create --log-opt", "container create --expose", "container create --publish",
    "container create --publish-all", "container create --health-cmd", "container create --health-interval",
    "container create --health-retries", "container create --health-timeout", "container create --health-start-period",
    "container create --health-start-interval", "container create --no-healthcheck", "container create --interactive",
    "container create --tty", "container create --attach", "container create --runtime", "container create --isolation",
    "container create --cgroup-parent", "container create --device-cgroup-rule", "container create --read-only",
    "container create --init",
)  # fmt: skip
@pytest.mark.parametrize(
    ("flags", "field", "value"),
    [
        (("--stop-signal", "SIGUSR1"), "Config.StopSignal", "SIGUSR1"),
        (("--stop-timeout", "3"), "Config.StopTimeout", 3),
        (("--restart", "on-failure:3"), "HostConfig.RestartPolicy", {"Name": "on-failure", "MaximumRetryCount": 3}),
        ((), "HostConfig.RestartPolicy", {"Name": "no", "MaximumRetryCount": 0}),
        (("--log-driver", "none"), "HostConfig.LogConfig", {"Type": "none", "Config": {}}),
        (("--log-opt", "max-size=1m"), "HostConfig.LogConfig", {"Type": "json-file", "Config": {"max-size": "1m"}}),
        (("--expose", "80", "--expose", "90-91/udp"), "Config.ExposedPorts", {"80/tcp": {}, "90/udp": {}, "91/udp": {}}),
        (("-p", "127.0.0.1:8080:80"), "HostConfig.PortBindings", {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}),
        (("-P",), "HostConfig.PublishAllPorts", True),
        (("--health-cmd", "x", "--health-interval", "90s", "--health-timeout", "2s", "--health-retries", "4", "--health-start-period", "1m",
          "--health-start-interval", "3s"), "Config.Healthcheck",
         {"Test": ["CMD-SHELL", "x"], "Interval": 90 * 10**9, "Timeout": 2 * 10**9, "StartPeriod": 60 * 10**9, "StartInterval": 3 * 10**9,
          "Retries": 4}),
        (("--no-healthcheck",), "Config.Healthcheck", {"Test": ["NONE"]}),
        (("-i",), "Config.StdinOnce", True),
        (("-t",), "Config.Tty", True),
        (("-a", "stderr"), "Config.AttachStdout", False),
        (("--runtime", "crun"), "HostConfig.Runtime", "crun"),
        (("--isolation", "default"), "HostConfig.Isolation", "default"),
        (("--cgroup-parent", "mine.slice"), "HostConfig.CgroupParent", "mine.slice"),
        (("--device-cgroup-rule", "c 1:3 r"), "HostConfig.DeviceCgroupRules", ["c 1:3 r"]),
        (("--read-only",), "HostConfig.ReadonlyRootfs", True),
        (("--init",), "HostConfig.Init", True),
        ((), "HostConfig.ShmSize", 64 << 20),
        ((), "HostConfig.IpcMode", "private"),
        ((), "HostConfig.NetworkMode", "bridge"),
    ],
)  # fmt: skip
def test_shown_by_inspect(pydocker, image, flags, field, value):
    shown, made = created(pydocker, image, *flags, field=field)
    assert (shown, made.stderr) == (value, "")


@proves(
    "container run --network", "container run --network-alias", "container run --ip", "container run --mac-address",
    "container run --link", "container run --link-local-ip", "container run --ip6", "container create --network",
    "container create --network-alias", "container create --ip", "container create --mac-address", "container create --link",
    "container create --link-local-ip", "container create --ip6",
)  # fmt: skip
def test_networks(pydocker, image):
    pydocker("network", "create", "--subnet", "10.99.7.0/24", "near", check=True)
    try:
        flags = ("--network", "near", "--ip", "10.99.7.55", "--mac-address", "02:42:ac:11:00:99", "--network-alias", "called")
        seen = lines(
            pydocker(*SIMPLE, *flags, image, "sh", "-c", "ip -o -4 addr show eth0; cat /sys/class/net/eth0/address; nslookup called")
        )
        assert "10.99.7.55/24" in seen[0]
        assert seen[1] == "02:42:ac:11:00:99"
        assert "Address: 10.99.7.55" in seen
    finally:
        pydocker("network", "rm", "near", check=True)
    assert lines(pydocker(*SIMPLE, "--network", "none", image, "ls", "/sys/class/net")) == ["lo"]
    pydocker("run", "-d", "--name", "web", "-e", "A=b", "--expose", "80", image, "sleep", "60", check=True)
    hosts = lines(pydocker(*SIMPLE, "--link", "web:alias", image, "cat", "/etc/hosts"))
    assert any(line.split()[1:2] == ["alias"] for line in hosts)
    address = pydocker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "web").stdout.strip()
    variables = lines(pydocker("run", "--name", "linked", "--link", "web:alias", image, "env"))
    assert {f"ALIAS_PORT=tcp://{address}:80", f"ALIAS_PORT_80_TCP_ADDR={address}", "ALIAS_NAME=/linked/alias", "ALIAS_ENV_A=b"} <= set(
        variables
    )
    assert pydocker("inspect", "-f", "{{.HostConfig.Links}}", "linked").stdout == "[/web:/linked/alias]\n"
    pydocker("kill", "web", check=True)
    stopped = pydocker("start", "linked")
    assert "Cannot link to a non running container: /web AS /linked/alias" in stopped.stderr
    bad = pydocker("create", "--ip", "1.2.3", "--ip6", "x", "--link-local-ip", "y", image)
    assert bad.stderr == (
        "Error response from daemon: invalid config for network bridge: invalid endpoint settings:\n"
        "* user specified IP address is supported on user defined networks only\n"
        "* invalid IPv4 address: 1.2.3\n"
        "* invalid IPv6 address: x\n"
        "* invalid link-local IP address: y\n"
        "* user specified IP address is supported only when connecting to networks with user configured subnets\n"
        "* user specified IP address is supported only when connecting to networks with user configured subnets\n"
    )


@proves(
    "container create --name", "container create --cidfile", "container create --pull", "container create --quiet",
    "container create --platform", "container create --rm", "container run --pull", "container run --quiet", "container run --platform",
)  # fmt: skip
def test_create(pydocker, image, tmp_path):
    made = pydocker("create", "--name", "named", "--cidfile", "id", "--rm", "--pull", "never", "-q", image, "true", cwd=tmp_path)
    assert made.status == 0
    assert (tmp_path / "id").read_text() == made.stdout.rstrip("\n")
    assert len(made.stdout) == 65
    again = pydocker("create", "--cidfile", "id", image, cwd=tmp_path)
    assert (again.status, again.stderr) == (1, "container ID file found, make sure the other container isn't running or delete id\n")
    taken = pydocker("create", "--name", "named", image)
    assert (taken.status, taken.stderr) == (
        1,
        f'Error response from daemon: Conflict. The container name "/named" is already in use by container "{made.stdout.strip()}".'
        " You have to remove (or rename) that container to be able to reuse that name.\n",
    )
    assert pydocker("start", "-a", "named").status == 0
    assert pydocker("ps", "-aq").stdout == ""  # --rm
    for verb in ("create", "run"):
        missing = pydocker(verb, "--pull", "never", "--cidfile", "other", "nosuch:x", cwd=tmp_path)
        assert missing.status == (125 if verb == "run" else 1)
        assert "Error response from daemon: No such image: nosuch:x\n" in missing.stderr
        assert not (tmp_path / "other").exists()
        platform = pydocker(verb, "--platform", "a/b/c/d", image)
        assert "error parsing specified platform" in platform.stderr
    assert lines(pydocker("run", "--rm", "-q", "--pull", "missing", "--platform", "linux", image, "echo", "here")) == ["here"]


@proves("container create")
def test_the_image_is_what_a_container_inherits(pydocker, image, busybox_rootfs):
    changes = ('ENTRYPOINT ["echo","e"]', 'CMD ["c"]', "ENV A=image", "USER 7", "WORKDIR /tmp", "LABEL l=image", "STOPSIGNAL SIGQUIT")
    pydocker("import", *(word for change in changes for word in ("-c", change)), busybox_rootfs, "rich:1", check=True)
    try:
        assert lines(pydocker(*SIMPLE, "rich:1")) == ["e c"]
        assert lines(pydocker(*SIMPLE, "rich:1", "x")) == ["e x"]
        assert lines(pydocker(*SIMPLE, "--entrypoint", "pwd", "rich:1")) == ["/tmp"]
        config, _ = created(pydocker, "rich:1", "-e", "B=1", "-l", "m=own", field="Config")
        assert (config["Env"], config["User"], config["StopSignal"]) == (["B=1", "A=image"], "7", "SIGQUIT")
        assert config["Labels"] == {"l": "image", "m": "own"}
        empty = pydocker("create", "--entrypoint", "", "rich:1")
        assert empty.stderr == "Error response from daemon: no command specified\n"
    finally:
        pydocker("rmi", "-f", "rich:1", check=True)


@proves("container run --mount", "container create --mount")
def test_an_image_is_mounted_read_only(pydocker, image):
    def run(mount, *command):
        return pydocker("run", "--rm", "--mount", f"type=image,source={image},target=/x{mount}", image, *command)

    shown = run("", "sh", "-c", "ls -d /x/bin; touch /x/new")
    assert shown.stdout == "/x/bin\n"
    assert "Read-only file system" in shown.stderr
    assert "WARNING: Image mount is an experimental feature" in shown.stderr
    assert run(",image-subpath=bin", "ls", "/x/sh").stdout == "/x/sh\n"
    refused = pydocker("create", "--mount", "type=image,source=nosuch,target=/x", image)
    assert refused.status == 1
    assert "No such image: nosuch:latest" in refused.stderr


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--tmpfs", "/x:bogus"), 'invalid tmpfs option "bogus"'),
        (("--gpus", "all"), 'could not select device driver "" with capabilities: [[gpu]]'),
        (("--device", "/etc/passwd"), 'error gathering device information while adding custom device "/etc/passwd": not a device node'),
    ],
)
def test_refused_by_the_start(pydocker, image, flags, message):
    created = pydocker("create", "--name", "late", *flags, image, "true")
    assert (created.status, created.stderr) == (0, "")
    refused = pydocker("start", "late")
    assert (refused.status, refused.stderr.splitlines()[0]) == (1, f"Error response from daemon: {message}")
    assert pydocker("ps", "-a", "--format", "{{.Names}} {{.State}}").stdout == "late created\n"
    pydocker("rm", "late", check=True)


@proves("container run --use-api-socket", "container create --use-api-socket")
def test_use_api_socket(pydocker, image, tmp_path):
    """The engine's own socket, and what registries are shown; a DOCKER_CONFIG of one's own stays."""
    (tmp_path / "config.json").write_text('{"auths": {"far.example": {"auth": "bWU6aHVzaA=="}}, "psFormat": "{{.Names}}"}')
    env = {"DOCKER_CONFIG": str(tmp_path)}
    look = "test -S /var/run/docker.sock && echo $DOCKER_CONFIG; cat $DOCKER_CONFIG/config.json"
    seen = pydocker("run", "--rm", "--use-api-socket", image, "sh", "-c", look, env=env, check=True).stdout
    assert seen.startswith("/run/secrets/docker\n")
    assert json.loads(seen.partition("\n")[2]) == {"auths": {"far.example": {"auth": "bWU6aHVzaA=="}}}
    own = pydocker("run", "--rm", "--use-api-socket", "-e", "DOCKER_CONFIG=/mine", image, "sh", "-c", look, env=env)
    assert own.stdout == "/mine\n"
    pydocker(
        "create", "--name", "lent", "--use-api-socket", image, "stat", "-c", "%a", "/run/secrets/docker/config.json", env=env, check=True
    )
    assert pydocker("start", "-a", "lent", check=True).stdout == "600\n"
    pydocker("rm", "lent", check=True)
    without = pydocker("run", "--rm", "--use-api-socket", image, "sh", "-c", "test -S /var/run/docker.sock; echo $? [$DOCKER_CONFIG]")
    assert without.stdout == "0 []\n"
