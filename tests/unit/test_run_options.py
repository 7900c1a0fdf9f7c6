"""The flags of run and create as docker's create body; what docker 28's client sends and says for the same words."""

from __future__ import annotations

import pytest

from dockercompat.cli.flags import parse
from dockercompat.cli.run_options import container_body
from dockercompat.cli.surface.container import COMMANDS
from dockercompat.errors import ClientError, UsageError

CREATE = next(row for row in COMMANDS if row.name == "container create")
ENVIRON = {"FROMHOST": "h"}


def body_of(*words, config=None):
    options, args = parse(CREATE.flags, words, interspersed=False)
    body, _ = container_body(options, args, ENVIRON, config or {}, working_dir="/work")
    return body


def member(body, path):
    for name in path.split("."):
        body = body[name]
    return body


@pytest.mark.parametrize(
    ("words", "path", "value"),
    [
        ("-p 80:80 b", "HostConfig.PortBindings", {"80/tcp": [{"HostIp": "", "HostPort": "80"}]}),
        ("-p 1.2.3.4::80/udp b", "HostConfig.PortBindings", {"80/udp": [{"HostIp": "1.2.3.4", "HostPort": ""}]}),
        ("-p [::1]:81:80 b", "HostConfig.PortBindings", {"80/tcp": [{"HostIp": "::1", "HostPort": "81"}]}),
        ("-p 8000-9000:80 b", "HostConfig.PortBindings", {"80/tcp": [{"HostIp": "", "HostPort": "8000-9000"}]}),
        ("-p 1-2:3-4 b", "ExposedPorts", {"3/tcp": {}, "4/tcp": {}}),
        ("-p published=80,target=90,protocol=udp b", "HostConfig.PortBindings", {"90/udp": [{"HostIp": "", "HostPort": "80"}]}),
        ("--expose 80/foo --expose 90-91 b", "ExposedPorts", {"80/foo": {}, "90/tcp": {}, "91/tcp": {}}),
        ("-e A=1 -e FROMHOST -e NOTSET -e A=2 b", "Env", ["A=2", "FROMHOST=h", "NOTSET"]),
        ("-l a=b -l c -l a=d b", "Labels", {"a": "d", "c": ""}),
        ("-v a:b b", "Volumes", {"a:b": {}}),
        ("-v ab:/b -v /only b", "Volumes", {"/only": {}}),
        ("-v ./x:/y -v vol:/z:ro b", "HostConfig.Binds", ["/work/x:/y", "vol:/z:ro"]),
        ("--tmpfs a:b:c --tmpfs d b", "HostConfig.Tmpfs", {"a": "b:c", "d": ""}),
        ("--mount src=a,dst=/b b", "HostConfig.Mounts", [{"Type": "volume", "Source": "a", "Target": "/b"}]),
        (
            "--mount type=bind,src=.,dst=/b,ro,bind-propagation=rslave b",
            "HostConfig.Mounts",
            [{"Type": "bind", "Source": "/work", "Target": "/b", "ReadOnly": True, "BindOptions": {"Propagation": "rslave"}}],
        ),
        (
            "--mount type=tmpfs,dst=/b,tmpfs-mode=1777,tmpfs-size=1m b",
            "HostConfig.Mounts",
            [{"Type": "tmpfs", "Target": "/b", "TmpfsOptions": {"SizeBytes": 1048576, "Mode": 1023}}],
        ),
        ("--ulimit nofile=-1 --ulimit core=5:6 b", "HostConfig.Ulimits",
         [{"Name": "core", "Hard": 6, "Soft": 5}, {"Name": "nofile", "Hard": -1, "Soft": -1}]),
        ("--gpus all b", "HostConfig.DeviceRequests",
         [{"Driver": "", "Count": -1, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}]),
        ("--device /dev/zero:/dev/x b", "HostConfig.Devices",
         [{"PathOnHost": "/dev/zero", "PathInContainer": "/dev/x", "CgroupPermissions": "rwm"}]),
        ("--device /dev/null:rw b", "HostConfig.Devices",
         [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/null", "CgroupPermissions": "rw"}]),
        ("--cap-add sys_admin --cap-add NET_ADMIN b", "HostConfig.CapAdd", ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]),
        ("--restart on-failure:3 b", "HostConfig.RestartPolicy", {"Name": "on-failure", "MaximumRetryCount": 3}),
        ("--security-opt systempaths=unconfined b", "HostConfig.MaskedPaths", []),
        ("--add-host a=1.2.3.4 --add-host d=[::1] --add-host e:host-gateway b", "HostConfig.ExtraHosts",
         ["a:1.2.3.4", "d:::1", "e:host-gateway"]),
        ("--memory 0.5g b", "HostConfig.Memory", 1 << 29),
        ("--memory-swap -1 b", "HostConfig.MemorySwap", -1),
        ("--cpus 1e-3 b", "HostConfig.NanoCpus", 1_000_000),
        ("--network host b", "NetworkingConfig.EndpointsConfig", {}),
        ("--network name=n,alias=x,gw-priority=-3 b", "NetworkingConfig.EndpointsConfig.n.GwPriority", -3),
        ("--network n --ip 1.2.3.4 --link a b", "NetworkingConfig.EndpointsConfig.n.Links", ["a"]),
        ("--health-cmd c --health-interval 90s b", "Healthcheck", {"Test": ["CMD-SHELL", "c"], "Interval": 90_000_000_000}),
        ("--no-healthcheck b", "Healthcheck", {"Test": ["NONE"]}),
        ("--stop-timeout 0 b", "StopTimeout", 0),
        ("b x -y --z", "Cmd", ["x", "-y", "--z"]),
        ("-i -a stdout b", "StdinOnce", True),
    ],
)  # fmt: skip
def test_members(words, path, value):
    assert member(body_of(*words.split()), path) == value


def test_an_empty_entrypoint_is_a_reset():
    assert body_of("--entrypoint", "", "b")["Entrypoint"] == [""]
    assert body_of("b")["Entrypoint"] is None


def test_proxies_of_the_configuration_fill_gaps():
    config = {"proxies": {"default": {"httpProxy": "http://p", "noProxy": "x"}}}
    assert body_of("-e", "http_proxy=mine", "b", config=config)["Env"] == [
        "http_proxy=mine",
        "HTTP_PROXY=http://p",
        "NO_PROXY=x",
        "no_proxy=x",
    ]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\xef\xbb\xbfA=1\n", ["A=1"]),
        (b"# no\n  LEAD=3\nEMPTY=\nFROMHOST\nUNSET\nQ='x y'\nS=a # b \r\n", ["LEAD=3", "EMPTY=", "FROMHOST=h", "Q='x y'", "S=a # b "]),
    ],
)
def test_env_file(tmp_path, content, found):
    path = tmp_path / "f"
    path.write_bytes(content)
    assert body_of("--env-file", str(path), "b")["Env"] == found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"A=1\nBAD NAME=2\n", "variable 'BAD NAME' contains whitespaces"),
        (b"=x\n", "no variable name on line '=x'"),
        (b"A=1\nB\xff=2\n", "invalid utf8 bytes at line 2: [66 255 61 50]"),
    ],
)
def test_env_file_refused(tmp_path, content, reason):
    path = tmp_path / "f"
    path.write_bytes(content)
    with pytest.raises(ClientError) as caught:
        body_of("--env-file", str(path), "b")
    assert str(caught.value) == f"invalid env file ({path}): {reason}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("-p 80:80:80:80 b", "invalid IP address: 80:80"),
        ("-p x:80 b", "invalid hostPort: x"),
        ("-p 90-80:90-80 b", "invalid containerPort: 90-80"),
        ("-p 80: b", "no port specified: 80:<empty>"),
        ("-p 80:80/foo b", "invalid proto: foo"),
        ("-p 8000-8001:80-83 b", "invalid ranges specified for container and host Ports: 80-83 and 8000-8001"),
        ("--expose 90-80 b", "invalid range format for --expose: 90-80, error: invalid range specified for port: 90-80"),
        ("--restart on-failure:x b", "invalid restart policy format: maximum retry count must be an integer"),
        ("--rm --restart always b", "conflicting options: cannot specify both --restart and --rm"),
        ("--security-opt a b", 'Invalid --security-opt: "a"'),
        ("--device /dev/null:/x:q b", "bad mode specified: q"),
        ("--device x b", "x is not an absolute path"),
        ("--network a --network a b", 'network "a" is specified multiple times'),
        ("--network host --network a b", "conflicting options: cannot attach both user-defined and non-user-defined network-modes"),
        ("--network-alias x b", "network-scoped aliases are only supported for user-defined networks"),
        ("--userns x b", "--userns: invalid USER mode"),
        ("--memory-swappiness 101 b", "invalid value: 101. Valid memory swappiness range is 0-100"),
        ("--no-healthcheck --health-cmd x b", "--no-healthcheck conflicts with --health-* options"),
        ("--pull x b", 'invalid pull option: \'x\': must be one of "always", "missing" or "never"'),
        ("-v :/abc b", "invalid spec: :/abc: empty section between colons"),
    ],
)
def test_refused(words, message):
    with pytest.raises(ClientError) as caught:
        body_of(*words.split())
    assert str(caught.value) == message
    assert not isinstance(caught.value, UsageError)


@pytest.mark.parametrize(
    ("flag", "shown", "value", "reason"),
    [
        ("-e", "-e, --env", "=x", "invalid environment variable: =x"),
        ("--cpus", "--cpus", "1/3", "value is too precise"),
        ("--ulimit", "--ulimit", "nofile=200:100", "ulimit soft limit must be less than or equal to hard limit: 200 > 100"),
        ("--ulimit", "--ulimit", "nofile=a", 'strconv.ParseInt: parsing "a": invalid syntax'),
        ("--blkio-weight-device", "--blkio-weight-device", "/dev/zero:2000", "invalid weight for device: /dev/zero:2000"),
        ("--gpus", "--gpus", "nosuch=1", "unexpected key 'nosuch' in 'nosuch=1'"),
        ("--mount", "--mount", "type=volume,src=v", "target is required"),
        ("--mount", "--mount", "type=bind,src=/tmp,dst=/x,volume-nocopy=true", "cannot mix 'volume-*' options with mount type 'bind'"),
        ("--mount", "--mount", 'type=bind,src="/tmp,dst=/x', 'parse error on line 1, column 15: bare " in non-quoted-field'),
        ("--mount", "--mount", 'dst=/x,"src=a"b', 'parse error on line 1, column 14: extraneous or missing " in quoted-field'),
        ("--network", "--network", "name=a,foo=b", "invalid field key foo"),
        ("--link", "--link", "a:b:c", "bad format for links: a:b:c"),
    ],
)
def test_flag_value_refused(flag, shown, value, reason):
    with pytest.raises(UsageError) as caught:
        body_of(flag, value, "b")
    quoted = value.replace('"', '\\"')
    assert str(caught.value) == f'invalid argument "{quoted}" for "{shown}" flag: {reason}'
