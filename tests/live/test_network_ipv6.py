"""Networks with IPv6 through the real kernel: addresses, names, routes, isolation, and what inspect says of them."""

from __future__ import annotations

import json
import os

import pytest

from tests.conftest import eventually, free_port, proves
from tests.portserver import fetch

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/sys/net/ipv6"), reason="this kernel has no IPv6")

SERVE = "echo page > /index.html; httpd -p [::]:80 -h /; exec sleep 600"


@pytest.fixture
def networks(pydocker):
    """Two networks with IPv6, the second without IPv4; removed with all containers."""
    pydocker("network", "create", "--ipv6", "--subnet", "10.77.40.0/24", "--subnet", "fd77:40::/64", "both", check=True)
    pydocker("network", "create", "--ipv6", "--ipv4=false", "--subnet", "fd77:41::/64", "--gateway", "fd77:41::9", "only", check=True)
    yield
    ids = pydocker("ps", "-aq").stdout.split()
    if ids:
        pydocker("rm", "-f", *ids, check=True)
    pydocker("network", "rm", "both", "only", check=True)


@proves(
    "network create --ipv6",
    "network create --ipv4",
    "network create --subnet",
    "network connect --ip6",
    "container run --ip6",
    "network disconnect",
)
def test_addresses_names_and_isolation(pydocker, image, networks):
    asked = ("--network", "both", "--ip6", "fd77:40::77")
    pydocker("run", "-d", "--name", "srv", *asked, image, "sh", "-c", SERVE, check=True)
    pydocker("run", "-d", "--name", "lone", "--network", "only", image, "sh", "-c", SERVE, check=True)
    pydocker("run", "-d", "--name", "asks", "--network", "both", image, "sleep", "600", check=True)
    place = json.loads(pydocker("inspect", "-f", "{{json .NetworkSettings.Networks.both}}", "srv", check=True).stdout)
    assert (place["GlobalIPv6Address"], place["GlobalIPv6PrefixLen"], place["IPv6Gateway"]) == ("fd77:40::77", 64, "fd77:40::1")
    assert "fd77:40::77\t" in pydocker("exec", "srv", "cat", "/etc/hosts").stdout
    assert eventually(lambda: pydocker("exec", "asks", "wget", "-qO-", "http://[fd77:40::77]/").stdout) == "page\n"
    assert pydocker("exec", "asks", "ping", "-6", "-c1", "-w2", "srv").status == 0
    lone = json.loads(pydocker("network", "inspect", "-f", "{{json .Containers}}", "only", check=True).stdout)
    assert [(each["IPv4Address"], each["IPv6Address"]) for each in lone.values()] == [("", "fd77:41::1/64")]
    assert pydocker("exec", "lone", "ip", "route").stdout == ""
    for address in ("fd77:41::1", "fd00::2"):  # another network, the host's loopback
        assert pydocker("exec", "asks", "timeout", "1", "ping", "-6", "-c1", address).status != 0
    pydocker("network", "connect", "--ip6", "fd77:41::88", "only", "asks", check=True)
    assert pydocker("exec", "asks", "wget", "-qO-", "http://[fd77:41::1]/").stdout == "page\n"
    assert "default via fd77:40::1" in pydocker("exec", "asks", "ip", "-6", "route").stdout  # that of both families stays
    pydocker("network", "disconnect", "only", "asks", check=True)
    assert "fd77:41" not in pydocker("exec", "asks", "sh", "-c", "ip -6 addr; ip -6 route; cat /etc/hosts", check=True).stdout
    plain = pydocker("run", "--rm", image, "cat", "/proc/sys/net/ipv6/conf/eth0/disable_ipv6", check=True).stdout
    assert plain == "1\n"
    for words in (("--ip6", "fd77:40::77"), ("--ip6", "fd77:40::")):
        assert "Address already in use" in pydocker("run", "--rm", "--network", "both", *words, image, "true").stderr
    off = ("--network", "both", "--sysctl", "net.ipv6.conf.all.disable_ipv6=1")
    assert "fd77" not in pydocker("run", "--rm", *off, image, "sh", "-c", "cat /etc/hosts; ip -6 addr", check=True).stdout


@proves("network create --ipv4", "container run --publish", "container run --network-alias")
def test_names_and_ports_without_ipv4(pydocker, image, networks):
    port, fixed = free_port(), free_port()
    published = ("-p", f"[::1]:{port}:80", "-p", f"{fixed}:80", "-p", f"127.0.0.1:{port}:81")
    pydocker("run", "-d", "--name", "srv", "--network", "only", "--network-alias", "www", *published, image, "sh", "-c", SERVE, check=True)
    pydocker("run", "-d", "--name", "asks", "--network", "only", image, "sleep", "600", check=True)
    assert pydocker("port", "srv", "80", check=True).stdout.split() == [f"[::1]:{port}", f"[::]:{fixed}"]  # nothing of IPv4 leads there
    ask = ("exec", "asks", "wget", "-qO-")
    for name in ("srv", "www", "srv.only"):
        assert eventually(lambda name=name: pydocker(*ask, f"http://{name}/").stdout) == "page\n"
    asked = pydocker("exec", "asks", "nslookup", "fd77:41::1").stdout
    assert "srv.only" in asked, asked
    for each in (port, fixed):
        assert fetch(each, "::1") == "page\n"
        assert fetch(each, "127.0.0.1") == ""
    pydocker("network", "connect", "both", "asks", check=True)  # with IPv4 127.0.0.11 can be asked
    assert "nameserver 127.0.0.11\n" in pydocker("exec", "asks", "cat", "/etc/resolv.conf").stdout
    assert pydocker(*ask, "http://srv/").stdout == "page\n"
    pydocker("network", "disconnect", "both", "asks", check=True)
    assert pydocker(*ask, "http://www/").stdout == "page\n"
    pydocker("network", "connect", "both", "srv", check=True)
    assert pydocker("port", "srv", "80", check=True).stdout.split() == [f"0.0.0.0:{fixed}", f"[::1]:{port}", f"[::]:{fixed}"]
    assert fetch(fixed, "127.0.0.1") == "page\n"


@proves("network create --ipv6", "network create --internal")
def test_a_subnet_of_its_own_for_who_names_none(pydocker, image):
    pydocker("network", "create", "--ipv6", "--internal", "one", check=True)
    pydocker("network", "create", "-o", "com.docker.network.enable_ipv6=true", "two", check=True)
    try:
        (one,), (two,) = ([config["Subnet"] for config in each["IPAM"]["Config"] if ":" in config["Subnet"]] for each in _inspect(pydocker))
        assert one != two
        assert one.startswith("fd") and one.endswith("/64")
        shown = pydocker("run", "--rm", "--network", "one", image, "ip", "-6", "route", check=True).stdout
        assert one in shown
        assert "default" not in shown
    finally:
        pydocker("network", "rm", "one", "two", check=True)


def _inspect(pydocker) -> list[dict[str, dict[str, list[dict[str, str]]]]]:
    found: list[dict[str, dict[str, list[dict[str, str]]]]] = json.loads(pydocker("network", "inspect", "one", "two", check=True).stdout)
    return found
