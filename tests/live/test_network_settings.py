"""What daemon.json says of networks, and what the host's routes do: through the real kernel, with traffic."""

from __future__ import annotations

import json
import os

import pytest

from tests.conftest import eventually, proves
from tests.processes import on_a_host

SERVE = "for port in 80 81 82; do httpd -p $port; done; exec sleep 600"
REACHED = "404 Not Found"  # there is a server


@pytest.fixture
def made(pydocker):
    """Whatever a test makes is removed."""
    yield
    ids = pydocker("ps", "-aq").stdout.split()
    if ids:
        pydocker("rm", "-f", *ids, check=True)
    pydocker("network", "prune", "-f", check=True)


@proves("network create", "network inspect", "container run --dns", "container run --dns-search", "container run --add-host", "system info")
def test_what_daemon_json_says(pydocker, image, daemon_json, made):
    six = {"ipv6": True, "fixed-cidr-v6": "fd55:1::/64"} if os.path.isdir("/proc/sys/net/ipv6") else {}
    path = daemon_json(
        {
            "bip": "10.55.0.1/24",
            "fixed-cidr": "10.55.0.128/25",
            "default-gateway": "10.55.0.9",
            "mtu": 1400,
            "ip": "127.0.0.1",
            **six,
            "dns": ["192.0.2.9"],
            "dns-search": ["ex.org"],
            "dns-opts": ["ndots:3"],
            "host-gateway-ip": "10.55.0.77",
            "default-address-pools": [{"base": "10.66.0.0/16", "size": 24}],
            "default-network-opts": {"bridge": {"com.docker.network.driver.mtu": "1300"}},
            "userland-proxy": False,
        }
    )
    script = "ip -o addr show eth0; ip route; cat /sys/class/net/eth0/mtu /etc/resolv.conf /etc/hosts"
    seen = pydocker("run", "--rm", "--add-host", "h:host-gateway", image, "sh", "-c", script, check=True).stdout
    for each in (" 10.55.0.128/24 ", "default via 10.55.0.9 ", "\n1400\n", "nameserver 192.0.2.9\nsearch ex.org\noptions ndots:3\n"):
        assert each in seen
    assert "10.55.0.77\th\n" in seen and (not six or " fd55:1::2/64 " in seen)
    pydocker("run", "-d", "--name", "web", "-p", "80", image, "sleep", "600", check=True)
    assert pydocker("port", "web").stdout.startswith("80/tcp -> 127.0.0.1:")
    pydocker("network", "create", "own", check=True)
    form = '{{range .IPAM.Config}}{{.Subnet}}{{end}} {{index .Options "com.docker.network.driver.mtu"}}'
    assert pydocker("network", "inspect", "-f", form, "own").stdout == "10.66.0.0/24 1300\n"
    run = ("run", "--rm", "--network", "own", "--dns-search", "other.org", image, "cat", "/etc/resolv.conf")
    assert "ExtServers: [192.0.2.9]" in (own := pydocker(*run).stdout) and "search other.org\noptions ndots:3\n" in own
    said = pydocker("info")
    assert f"{path}: userland-proxy has no effect" in said.stderr and "Base: 10.66.0.0/16, Size: 24" in said.stdout
    daemon_json({"bip": "10.56.0.1/24"})  # where somebody is, nothing changes
    assert pydocker("run", "--rm", image, "hostname", "-i", check=True).stdout.startswith("10.55.0.")
    pydocker("rm", "-f", "web", check=True)
    assert pydocker("run", "--rm", image, "hostname", "-i", check=True).stdout == "10.56.0.2\n"
    for document, why in (({"bip": "10.56.0.1"}, "invalid CIDR address: 10.56.0.1"), ({"dns": ["x"]}, "invalid IP address: x")):
        daemon_json(document)
        refused = pydocker("run", "--rm", image, "true")
        assert (refused.status, why in refused.stderr) == (125, True), refused
    daemon_json({})
    assert pydocker("run", "--rm", image, "hostname", "-i", check=True).stdout.startswith("172.")


@proves("container run --link", "network create --opt")
def test_containers_kept_from_each_other(pydocker, image, daemon_json, made):
    """icc false: links let exposed ports through on the default network, and nothing anywhere else."""
    daemon_json({"icc": False, "default-network-opts": {"bridge": {"com.docker.network.bridge.enable_icc": "false"}}})
    pydocker("network", "create", "apart", check=True)
    for network in ("bridge", "apart"):
        serve = ("--network", network, "--expose", "80", "-p", "127.0.0.1::81")
        pydocker("run", "-d", "--name", f"web-{network}", *serve, image, "sh", "-c", SERVE, check=True)
    place = pydocker(
        "inspect", "-f", "{{.NetworkSettings.IPAddress}} {{.NetworkSettings.Gateway}}", "web-bridge", check=True
    ).stdout.split()

    def reached(*words: str, at: str) -> list[int]:
        """Which of the server's ports a container with these options reaches."""
        script = f"for p in 80 81 82; do timeout 4 wget -O- http://{at}:$p/ 2>&1 | sed s/^/$p' '/; done"
        said = pydocker("run", "--rm", *words, image, "sh", "-c", script).stdout
        return [port for port in (80, 81, 82) if any(line.startswith(f"{port} ") and REACHED in line for line in said.splitlines())]

    assert reached("--link", "web-bridge:w", at="w") == [80, 81]
    assert reached(at=place[0]) == []
    assert reached("--network", "apart", "--link", "web-apart:w", at="w") == []  # as docker has it
    pydocker("restart", "-t", "0", "web-bridge", check=True)
    assert eventually(lambda: reached("--link", "web-bridge:w", at="w") == [80, 81])
    pydocker("rm", "-f", "web-bridge", check=True)
    pydocker("run", "-d", "--name", "other", image, "sh", "-c", SERVE, check=True)  # at the address of the one that was linked
    assert json.loads(pydocker("inspect", "other").stdout)[0]["NetworkSettings"]["IPAddress"] == place[0]
    assert reached(at=place[0]) == []


@proves("network create", "container run")
def test_routes_of_the_host(pydocker, busybox_rootfs):
    """On a host of its own: networks and the way out stand clear of routes that come while all of it is in use."""
    on_a_host(pydocker, busybox_rootfs, "routes_on_a_host.py")
