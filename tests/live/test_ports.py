"""Published ports with real traffic: every way to a container, another host, what happens when helpers die in the middle of it."""

from __future__ import annotations

import os
import resource
import signal
import socket
import threading
from pathlib import Path

import pytest

from tests.conftest import eventually, free_port, proves
from tests.portserver import MOUNT, WORDS, at_once, download, echo, greeting, host_address, upload
from tests.processes import helpers, on_a_host


@pytest.fixture
def server(pydocker, image):
    """Ports of a running server: who, count, send, udp."""
    ports = [free_port() for _ in range(4)]
    spec = [word for port, to in zip(ports, ("80", "81", "82", "53/udp")) for word in ("-p", f"{port}:{to}")]
    pydocker("run", "-d", "--name", "server", *spec, *MOUNT, image, *WORDS, check=True)
    eventually(lambda: greeting("127.0.0.1", ports[0]))
    return ports


@proves("container run --publish")
def test_every_way_to_a_port(pydocker, image, server):
    who, count, send, udp = server
    outer = host_address()
    gateway = pydocker("inspect", "-f", "{{.NetworkSettings.Gateway}}", "server", check=True).stdout.strip()
    for host in ("127.0.0.1", "127.0.0.2", *(["::1"] if os.path.exists("/proc/net/if_inet6") else [])):
        assert (greeting(host, who), echo(host, udp)) == (gateway, gateway)  # as docker's proxy has it
    if outer:
        assert (greeting(outer, who), echo(outer, udp)) == (outer, outer)
        assert echo("127.0.0.1", udp)  # still, after a client with another address
    assert [bool(echo("127.0.0.1", udp, size)) for size in (1, 1472, 9000, 60000)] == [True] * 4
    assert upload("127.0.0.1", count, 30_000_001) == 30_000_001
    assert download("127.0.0.1", send, 30_000_001) == 30_000_001
    assert all(at_once("127.0.0.1", who, 200))
    script = f"echo hi | nc -w 3 h {who}; echo; echo hi | nc -w 3 {outer or gateway} {who}"
    both = pydocker("run", "--rm", "--add-host", "h:host-gateway", image, "sh", "-c", script).stdout.split()
    assert len(both) == 2, both
    ask = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); from tests.portserver import *; "
    ask += f"print(greeting({outer or gateway!r}, {who}))"
    assert pydocker("exec", "server", "chroot", "/host", "/usr/bin/python3", "-c", ask).stdout.strip()  # itself, the long way


@proves("container run --publish", "network connect", "network disconnect", "container port")
def test_ports_follow_the_networks(pydocker, image):
    port = free_port()
    pydocker("network", "create", "--internal", "inner", check=True)
    try:
        pydocker("run", "-d", "--name", "web", "--network", "inner", "-p", f"127.0.0.1:{port}:80", *MOUNT, image, *WORDS, check=True)
        assert pydocker("port", "web").stdout == ""
        assert greeting("127.0.0.1", port) == ""
        pydocker("network", "connect", "bridge", "web", check=True)
        assert pydocker("port", "web").stdout == f"80/tcp -> 127.0.0.1:{port}\n"
        assert eventually(lambda: greeting("127.0.0.1", port))
        pydocker("network", "disconnect", "bridge", "web", check=True)
        assert pydocker("port", "web").stdout == ""
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))
            other.listen()
            refused = pydocker("network", "connect", "bridge", "web")
            assert refused.status == 1
            assert refused.stderr.endswith("address already in use\n")
        pydocker("network", "connect", "bridge", "web", check=True)
        assert eventually(lambda: greeting("127.0.0.1", port))
    finally:
        pydocker("rm", "-f", "web")
        pydocker("network", "rm", "inner", check=True)


@proves("container run --publish")
@pytest.mark.parametrize("victims", [["relay"], ["slirp4netns"], ["pydocker-holder", "relay", "slirp4netns"]], ids="-".join)
def test_helpers_killed_in_the_middle_of_a_transfer(pydocker, server, victims):
    who, _, send, udp = server
    got: list[int] = []
    begun = threading.Event()
    transfer = threading.Thread(target=lambda: got.append(download("127.0.0.1", send, 1 << 30, begun)))
    transfer.start()
    assert eventually(begun.is_set)
    for word in victims:
        for pid in helpers(pydocker, word):
            os.kill(pid, signal.SIGKILL)
    holder = pydocker.runtime_dir / "pydocker" / "holder"
    if "pydocker-holder" in victims and holder.exists():
        os.kill(int(holder.read_text().split()[0]), signal.SIGKILL)
    pydocker("images", check=True)  # any command
    transfer.join(30)
    assert len(got) == 1
    assert greeting("127.0.0.1", who)
    assert echo("127.0.0.1", udp)
    assert download("127.0.0.1", send, 1_000_000) == 1_000_000


@proves("container run --publish")
def test_ports_of_the_dead_are_free(pydocker, image):
    """A container and its monitor were killed, and nothing has looked since."""
    port = free_port()
    run = ("run", "-d", "-p", f"{port}:80", image, "sleep", "600")
    pydocker(*run, check=True)
    pid = int(pydocker("inspect", "-f", "{{.State.Pid}}", pydocker("ps", "-q").stdout.strip(), check=True).stdout)
    monitor = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    for each in (monitor, pid):
        os.kill(each, signal.SIGKILL)
    eventually(lambda: not os.path.exists(f"/proc/{pid}"))
    pydocker(*run, check=True)


@proves("container run --publish")
def test_a_relay_without_descriptors_lives_on(pydocker, image, server):
    """More connections than it may have descriptors: commands wait until there are some, and nothing that was there is lost."""
    who, count, *_ = server
    (relay,) = helpers(pydocker, "relay")
    with socket.create_connection(("127.0.0.1", count)) as early:
        early.sendall(b"first")
        eventually(lambda: greeting("127.0.0.1", who))
        limits = resource.prlimit(relay, resource.RLIMIT_NOFILE)
        resource.prlimit(relay, resource.RLIMIT_NOFILE, (60, limits[1]))
        clients = [socket.create_connection(("127.0.0.1", count)) for _ in range(100)]
        asking = pydocker.start("run", "-d", "--name", "many", "-p", "127.0.0.1::9000", image, "true")
        assert eventually(lambda: greeting("127.0.0.1", who) == "")
        for each in clients:
            each.close()
        asking.communicate(timeout=20)
        early.sendall(b"second")
        early.shutdown(socket.SHUT_WR)
        assert early.recv(99) == b"11"
    resource.prlimit(relay, resource.RLIMIT_NOFILE, limits)
    assert helpers(pydocker, "relay") == [relay]
    assert greeting("127.0.0.1", who)


@proves("container run --publish")
def test_a_wide_range(pydocker, image):
    """More ports than one message to the relay takes."""
    first, many = 21000, 450
    spec = f"127.0.0.1:{first}-{first + many - 1}:1000-{999 + many}/udp"
    pydocker("run", "-d", "--name", "wide", "-p", spec, "--network", "bridge", image, "sleep", "600", check=True)
    assert len(pydocker("port", "wide").stdout.splitlines()) == many
    pydocker("rm", "-f", "wide", check=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        last.bind(("127.0.0.1", first + many - 1))


@proves("container run --publish")
def test_another_host(pydocker, busybox_rootfs):
    """Beside a host of its own: what a container sees of clients elsewhere, and ports below 1024, which are root's."""
    on_a_host(pydocker, busybox_rootfs, "ports_on_a_host.py")
