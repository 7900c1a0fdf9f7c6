"""Networking through the real kernel and helpers: published ports, containers among themselves, names, isolation, killed helpers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import threading

import pytest

from tests.conftest import eventually, free_port, proves
from tests.portserver import fetch, host_address
from tests.processes import helpers

SERVE = "echo page > /index.html; httpd -p 80 -h /; exec sleep 600"


@pytest.fixture(params=["slirp4netns", "pasta"])
def helper(pydocker, request):
    """The way out, whichever it is: what is asked of it is the same."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    pydocker.env["PYDOCKER_NETWORK_HELPER"] = request.param
    yield request.param
    del pydocker.env["PYDOCKER_NETWORK_HELPER"]


@pytest.fixture
def network(pydocker):
    """A user-defined network, removed with its containers."""
    pydocker("network", "create", "netz", check=True)
    yield "netz"
    ids = pydocker("ps", "-aq").stdout.split()
    if ids:
        pydocker("rm", "-f", *ids, check=True)
    pydocker("network", "rm", "netz", check=True)


def ask(port: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(1)
        udp.sendto(b"ping\n", ("127.0.0.1", port))
        with contextlib.suppress(OSError):
            return udp.recv(100)
    return b""


def address(pydocker, name: str) -> str:
    return pydocker("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", name, check=True).stdout.strip()


@proves("container run --publish", "container port")
def test_published_ports(pydocker, image, helper):
    fixed, first = free_port(), free_port()
    spec = ["-p", f"127.0.0.1:{fixed}:80", "-p", "80", "-p", f"127.0.0.2:{fixed}:81", "-p", f"{first}-{first + 20}:80"]
    pydocker("run", "-d", "--name", "web", *spec, image, "sh", "-c", SERVE, check=True)
    places = json.loads(pydocker("inspect", "-f", "{{json .NetworkSettings.Ports}}", "web", check=True).stdout)
    found = {(place["HostIp"], int(place["HostPort"])) for place in places["80/tcp"]}
    assert ("127.0.0.1", fixed) in found
    anywhere = [port for ip, port in found if ip == "0.0.0.0"]
    assert len(anywhere) == 2
    assert any(first <= port <= first + 20 for port in anywhere)
    for port in (fixed, *anywhere):
        assert eventually(lambda port=port: fetch(port)) == "page\n"
    assert fetch(fixed, "127.0.0.2") == ""  # the same port of another address leads elsewhere
    assert f"80/tcp -> 127.0.0.1:{fixed}\n" in pydocker("port", "web").stdout
    pydocker("rm", "-f", "web", check=True)
    assert eventually(lambda: not fetch(fixed))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", fixed))  # free again at once


@proves("container run --publish-all", "container run --expose")
def test_all_exposed_ports_and_udp(pydocker, image):
    echo = (
        "import socket\ns = socket.socket(2, 2)\ns.bind(('', 53))\nwhile True:\n    data, peer = s.recvfrom(99)\n    s.sendto(data, peer)"
    )
    words = ["chroot", "/host", "/usr/bin/python3", "-c", echo]  # busybox has no server of datagrams
    pydocker("run", "-d", "--name", "udp", "-P", "--expose", "53/udp", "-v", "/:/host:ro", image, *words, check=True)
    place, _ = json.loads(pydocker("inspect", "-f", '{{json (index .NetworkSettings.Ports "53/udp")}}', "udp", check=True).stdout)
    assert eventually(lambda: ask(int(place["HostPort"]))) == b"ping\n"


@proves("container run --publish")
def test_a_port_that_is_taken(pydocker, image):
    port = free_port()
    pydocker("run", "-d", "--name", "first", "-p", f"{port}:80", image, "sleep", "600", check=True)
    second = pydocker("run", "-d", "--name", "second", "-p", f"127.0.0.1:{port}:80", image, "sleep", "600")
    assert second.status == 125
    assert f"Bind for 0.0.0.0:{port} failed: port is already allocated" in second.stderr
    assert pydocker("ps", "-a", "--filter", "name=second", "--format", "{{.Status}}").stdout == "Created\n"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        third = pydocker("run", "--rm", "-p", f"127.0.0.1:{taken}:80", image, "true")
    assert third.status == 125
    assert third.stderr.rstrip().splitlines()[0].endswith("address already in use")


@proves("container run")
def test_containers_reach_each_other_and_a_published_port(pydocker, image, helper):
    port = free_port()
    pydocker("run", "-d", "--name", "web", "-p", f"{port}:80", image, "sh", "-c", SERVE, check=True)
    eventually(lambda: fetch(port))
    own = address(pydocker, "web")
    assert own.startswith("172.")
    assert pydocker("run", "--rm", image, "wget", "-qO-", f"http://{own}/").stdout == "page\n"
    gateway = own.rpartition(".")[0] + ".1"
    assert pydocker("run", "--rm", image, "wget", "-qO-", f"http://{gateway}:{port}/").stdout == "page\n"
    assert pydocker("exec", "web", "wget", "-qO-", f"http://{gateway}:{port}/").stdout == "page\n"  # itself, the long way
    assert pydocker("run", "--rm", "--network", "container:web", image, "wget", "-qO-", "http://127.0.0.1/").stdout == "page\n"


@proves("container run --network", "container run --network-alias", "network create", "network rm")
def test_names_and_isolation(pydocker, image, network):
    pydocker("run", "-d", "--name", "srv", "--network", network, "--network-alias", "alias", image, "sh", "-c", SERVE, check=True)
    pydocker("run", "-d", "--name", "other", image, "sh", "-c", SERVE, check=True)
    for name in ("srv", "alias"):
        assert (
            eventually(lambda name=name: pydocker("run", "--rm", "--network", network, image, "wget", "-qO-", f"http://{name}/").stdout)
            == "page\n"
        )
    assert "nameserver 127.0.0.11\n" in pydocker("exec", "srv", "cat", "/etc/resolv.conf").stdout
    fetch_it = f"timeout 1 wget -qO- http://{address(pydocker, 'other')}/; exit $?"
    across = pydocker("run", "--rm", "--network", network, image, "sh", "-c", fetch_it)
    assert across.status != 0
    in_use = pydocker("network", "rm", network)
    assert in_use.status == 1
    assert "has active endpoints" in in_use.stderr
    pydocker("rename", "srv", "served", check=True)
    ask = ("run", "--rm", "--network", network, image, "wget", "-qO-")
    assert eventually(lambda: pydocker(*ask, "http://served/").stdout) == "page\n"
    assert pydocker(*ask, "http://srv/").status != 0


@proves("network connect", "network connect --alias", "network disconnect")
def test_connect_while_running(pydocker, image, network):
    port = free_port()
    pydocker("run", "-d", "--name", "web", "-p", f"{port}:80", image, "sh", "-c", SERVE, check=True)
    pydocker("network", "connect", "--alias", "www", network, "web", check=True)
    fetched = eventually(lambda: pydocker("run", "--rm", "--network", network, image, "wget", "-qO-", "http://www/").stdout)
    assert fetched == "page\n"
    assert pydocker("network", "connect", network, "web").status == 1
    pydocker("network", "disconnect", "bridge", "web", check=True)
    assert eventually(lambda: fetch(port)) == "page\n"  # the port leads through the network that is left
    assert list(json.loads(pydocker("inspect", "-f", "{{json .NetworkSettings.Networks}}", "web").stdout)) == [network]
    pydocker("restart", "-t", "0", "web", check=True)
    assert eventually(lambda: fetch(port)) == "page\n"
    pydocker("network", "disconnect", network, "web", check=True)
    assert pydocker("exec", "web", "ls", "/sys/class/net").stdout.split() == ["lo"]


@proves("container run --publish")
def test_a_published_port_through_the_host(pydocker, image, helper):
    """From other containers: by the host's own address, and by host-gateway where that is asked for."""
    port, host = free_port(), host_address()
    pydocker("run", "-d", "--name", "web", "-p", f"{port}:80", image, "sh", "-c", SERVE, check=True)
    eventually(lambda: fetch(port))
    for name in filter(None, (host, "hh")):
        seen = pydocker("run", "--rm", "--add-host", "hh:host-gateway", image, "wget", "-qO-", f"http://{name}:{port}/")
        assert seen.stdout == "page\n", seen


@proves("network create --internal")
def test_nothing_gets_out_of_an_internal_network(pydocker, image):
    """Not to the host, not by a published port of another network, nor in; others of the network are reached."""
    pydocker("network", "create", "--internal", "inner", check=True)
    port, host = free_port(), host_address() or "10.0.2.2"
    try:
        pydocker("run", "-d", "--name", "web", "-p", f"{port}:80", image, "sh", "-c", SERVE, check=True)
        pydocker("run", "-d", "--name", "inside", "--network", "inner", image, "sh", "-c", SERVE, check=True)
        eventually(lambda: fetch(port))
        gateway = pydocker("network", "inspect", "-f", "{{range .IPAM.Config}}{{.Gateway}}{{end}}", "inner", check=True).stdout.strip()
        asked = pydocker("run", "--rm", "--network", "inner", image, "wget", "-qO-", "http://inside/", check=True)
        assert asked.stdout == "page\n"
        around = "ip route add default via $0; for a in $0 $1 $2; do timeout 1 wget -qO- http://$a:$3/; done; exit 0"
        routed = ("run", "--rm", "--cap-add", "NET_ADMIN", "--network", "inner", image, "sh", "-c", around)
        assert pydocker(*routed, gateway, address(pydocker, "web"), host, str(port), check=True).stdout == ""
        inside = pydocker("inspect", "-f", "{{.NetworkSettings.Networks.inner.IPAddress}}", "inside", check=True).stdout.strip()
        assert pydocker("exec", "web", "timeout", "1", "wget", "-qO-", f"http://{inside}/").stdout == ""
    finally:
        pydocker("rm", "-f", "web", "inside")
        pydocker("network", "rm", "inner", check=True)


@proves("network create --internal")
def test_an_internal_network_has_no_way_out(pydocker, image):
    pydocker("network", "create", "--internal", "inner", check=True)
    try:
        assert "default" not in pydocker("run", "--rm", "--network", "inner", image, "ip", "route", check=True).stdout
    finally:
        pydocker("network", "rm", "inner", check=True)


@proves("container run --ip", "network create --subnet", "network create --gateway", "network create --ip-range", "network inspect")
def test_addresses_as_asked(pydocker, image):
    pydocker("network", "create", "--subnet", "10.77.9.0/24", "--gateway", "10.77.9.9", "--ip-range", "10.77.9.128/25", "sub", check=True)
    try:
        pydocker("run", "-d", "--name", "auto", "--network", "sub", image, "sleep", "600", check=True)
        pydocker("run", "-d", "--name", "asked", "--network", "sub", "--ip", "10.77.9.77", image, "sleep", "600", check=True)
        seen = {
            each["Name"]: each["IPv4Address"] for each in json.loads(pydocker("network", "inspect", "sub").stdout)[0]["Containers"].values()
        }
        assert seen == {"auto": "10.77.9.128/24", "asked": "10.77.9.77/24"}
        assert "default via 10.77.9.9" in pydocker("exec", "asked", "ip", "route").stdout
        assert pydocker("run", "--rm", "--network", "sub", "--ip", "10.77.9.77", image, "true").status == 125
        pydocker("rm", "-f", "auto", "asked", check=True)
    finally:
        pydocker("network", "rm", "sub", check=True)


@proves("network create --opt")
def test_driver_options(pydocker, image):
    options = {"bridge.enable_icc": "false", "driver.mtu": "1400", "bridge.host_binding_ipv4": "127.0.0.1"}
    words = [word for key, value in options.items() for word in ("-o", f"com.docker.network.{key}={value}")]
    pydocker("network", "create", *words, "apart", check=True)
    try:
        port = free_port()
        pydocker("run", "-d", "--name", "web", "--network", "apart", "-p", f"{port}:80", image, "sh", "-c", SERVE, check=True)
        assert pydocker("port", "web").stdout == f"80/tcp -> 127.0.0.1:{port}\n"
        assert eventually(lambda: fetch(port)) == "page\n"
        assert pydocker("exec", "web", "cat", "/sys/class/net/eth0/mtu").stdout == "1400\n"
        script = "timeout 1 wget -qO- http://web/; exit $?"
        assert pydocker("run", "--rm", "--network", "apart", image, "sh", "-c", script).status != 0
    finally:
        pydocker("rm", "-f", "web")
        pydocker("network", "rm", "apart", check=True)
    refused = pydocker("network", "create", "-o", "com.docker.network.bridge.gateway_mode_ipv4=routed", "no")
    assert (refused.status, refused.stdout) == (1, "")


@proves("container run --network")
def test_host_and_none(pydocker, image):
    host_links = set(os.listdir("/sys/class/net"))
    assert set(pydocker("run", "--rm", "--network", "host", image, "cat", "/proc/net/dev", check=True).stdout.split()) >= {
        f"{n}:" for n in host_links
    }
    assert pydocker("run", "--rm", "--network", "none", image, "ls", "/sys/class/net", check=True).stdout.split() == ["lo"]
    pydocker("run", "-d", "--name", "alone", "--network", "none", image, "sleep", "600", check=True)
    assert helpers(pydocker, "slirp4netns") == []


@proves("container run --add-host")
def test_the_host_s_loopback_only_for_who_asks(pydocker, image, helper):
    with socket.socket() as service:
        service.bind(("127.0.0.1", 0))
        service.listen()
        port = service.getsockname()[1]

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = service.accept()
                    connection.sendall(b"from the host\n")
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        for name in ("my-host", "host.docker.internal"):
            ask = f"sleep 0.5 | nc -w 3 {name} {port}"  # pasta of 2023 repeats what it has sent to a client that ends first
            done = pydocker("run", "--rm", "--add-host", "my-host:host-gateway", image, "sh", "-c", ask)
            assert done.stdout == "from the host\n"
        everybody = {"PYDOCKER_HOST_LOOPBACK": "1"}
        ask = f"sleep 0.5 | nc -w 3 host.docker.internal {port}"
        done = pydocker("run", "--rm", image, "sh", "-c", ask, env=everybody)
        assert done.stdout == "from the host\n"
        denied = pydocker("run", "--rm", image, "nc", "-w", "1", "10.0.2.2", str(port))
        assert denied.stdout == ""
        assert denied.status != 0
        service.shutdown(socket.SHUT_RDWR)


@proves("container run --publish")
def test_killed_helpers_come_back(pydocker, image, helper, network):
    port = free_port()
    pydocker("run", "-d", "--name", "web", "--network", network, "-p", f"{port}:80", image, "sh", "-c", SERVE, check=True)
    eventually(lambda: fetch(port))
    for program in (helper, "names"):
        for pid in helpers(pydocker, program):
            os.kill(pid, signal.SIGKILL)
    assert fetch(port) == "page\n", "published ports need no way out"
    (relay_pid,) = helpers(pydocker, "relay")
    os.kill(relay_pid, signal.SIGKILL)
    assert eventually(lambda: not fetch(port))
    pydocker("ps", check=True)
    assert fetch(port) == "page\n"
    assert pydocker("info", "-f", "{{.Labels}}").stdout == f"[pydocker.network-helper={helper}]\n"
    assert pydocker("run", "--rm", "--network", network, image, "wget", "-qO-", "http://web/").stdout == "page\n"
    pydocker("rm", "-f", "web", check=True)
    assert eventually(lambda: not helpers(pydocker, helper) and not helpers(pydocker, "names") and not helpers(pydocker, "relay"))


@proves("container run --network")
def test_helpers_whose_records_are_lost(pydocker, image, network):
    """They hold the device and the port of names, as those of an earlier version do: others take their places."""
    pydocker("run", "-d", "--name", "web", "--network", network, image, "sh", "-c", SERVE, check=True)
    before = helpers(pydocker, "slirp4netns") + helpers(pydocker, "names")
    for name in ("uplink.pid", "names.pid"):
        (pydocker.run_dir() / name).unlink()
    pydocker("ps", check=True)
    assert eventually(lambda: pydocker("run", "--rm", "--network", network, image, "wget", "-qO-", "http://web/").stdout) == "page\n"
    after = helpers(pydocker, "slirp4netns") + helpers(pydocker, "names")
    assert len(before) == len(after) == 2
    assert not set(before) & set(after)


@proves("network ls", "network prune", "network prune --force")
def test_list_and_prune(pydocker):
    pydocker("network", "create", "--label", "k=v", "unused", check=True)
    assert (
        pydocker("network", "ls", "--filter", "label=k", "--format", "{{.Name}} {{.Driver}} {{.Scope}}").stdout == "unused bridge local\n"
    )
    assert pydocker("network", "prune", "-f").stdout == "Deleted Networks:\nunused\n\n"
    assert pydocker("network", "ls", "--format", "{{.Name}}").stdout.split() == ["bridge", "host", "none"]


@proves("network disconnect", "network connect")
def test_names_after_leaving_the_first_network(pydocker, image, network):
    pydocker("network", "create", "second", check=True)
    try:
        pydocker("run", "-d", "--name", "srv", "--network", "second", image, "sh", "-c", SERVE, check=True)
        pydocker("run", "-d", "--name", "moves", "--network", network, image, "sleep", "600", check=True)
        pydocker("network", "connect", "second", "moves", check=True)
        assert eventually(lambda: pydocker("exec", "moves", "wget", "-qO-", "http://srv/").stdout) == "page\n"
        pydocker("network", "disconnect", network, "moves", check=True)
        assert eventually(lambda: pydocker("exec", "moves", "wget", "-qO-", "http://srv/").stdout) == "page\n"
        assert "127.0.0.11" not in pydocker("exec", "moves", "ip", "route").stdout
    finally:
        pydocker("rm", "-f", "srv", "moves")
        pydocker("network", "rm", "second", check=True)
