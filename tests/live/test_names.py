"""Names in containers, asked for with dig from within: who answers to what, how soon it changes, where other names are asked for."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, eventually, proves
from tests.processes import helpers, on_a_host

pytestmark = pytest.mark.skipif(shutil.which("dig") is None, reason="dig is not installed (bind9-dnsutils)")

SLEEP = ("sleep", "600")


class Asking:
    """dig in the network namespace of a container."""

    def __init__(self, pydocker, name: str) -> None:
        self.pid = pydocker("inspect", "-f", "{{.State.Pid}}", name, check=True).stdout.strip()

    def full(self, *words: str) -> str:
        argv = ["nsenter", "-t", self.pid, "-U", "-n", "--preserve-credentials", "dig", "@127.0.0.11", "+tries=1", "+time=6", *words]
        return subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False).stdout

    def __call__(self, *words: str) -> list[str]:
        """The data of the answers."""
        return [line.split(None, 4)[4] for line in self.full(*words, "+noall", "+answer").splitlines() if line and line[0] != ";"]

    def status(self, *words: str) -> str:
        return self.full(*words).partition("status: ")[2].partition(",")[0]


@pytest.fixture
def networks(pydocker):
    """Three networks, the last an internal one; removed with all containers."""
    for words in (("one",), ("two",), ("--internal", "inner")):
        pydocker("network", "create", *words, check=True)
    yield
    ids = pydocker("ps", "-aq").stdout.split()
    if ids:
        pydocker("rm", "-f", *ids, check=True)
    pydocker("network", "rm", "one", "two", "inner", check=True)


def address(pydocker, name: str, network: str) -> str:
    return pydocker("inspect", "-f", f"{{{{.NetworkSettings.Networks.{network}.IPAddress}}}}", name, check=True).stdout.strip()


@proves("container run --network-alias", "container run --link", "container run --hostname", "network create --internal")
def test_who_answers_to_what(pydocker, image, networks):
    pydocker(
        "run", "-d", "--name", "web", "--network", "name=one,alias=both", "--network", "name=two,alias=only", image, *SLEEP, check=True
    )
    run = ("run", "-d", "--name", "db", "--hostname", "store", "--network", "one", "--network-alias", "both", "--network-alias", "DB.Main")
    short = pydocker(*run, "--link", "web:w3", image, *SLEEP, check=True).stdout[:12]
    pydocker("run", "-d", "--name", "far", "--network", "inner", image, *SLEEP, check=True)
    web, db = address(pydocker, "web", "one"), address(pydocker, "db", "one")
    ask = Asking(pydocker, "web")
    for name in ("db", "DB", "db.", "db.one", "DB.One.", short, "store", "db.main", f"{short}.one"):
        assert ask(name) == [db], name
        assert ask("+tcp", name) == [db], name
    assert ask("only.two") == [address(pydocker, "web", "two")]
    assert ask("-x", db) == ["db.one."]
    assert {ask("both")[0] for _ in range(4)} == {web, db}
    assert sorted(ask("both")) == sorted([web, db])
    assert " 600 " in ask.full("db").replace("\t", " ")
    for kind in ("AAAA", "MX", "HTTPS", "TXT"):
        assert (ask.status("db", kind), ask("db", kind)) == ("NOERROR", [])
    from_db = Asking(pydocker, "db")
    assert from_db("w3") == [web] and ask("w3") == []
    assert from_db("only") == from_db("web.two") == from_db("far") == []
    inner = Asking(pydocker, "far")
    assert inner("far") and inner.status("example.com") == "SERVFAIL"
    assert db in pydocker("exec", "web", "nslookup", "db").stdout
    garbage = "import socket; s = socket.socket(2, 2); s.settimeout(2); s.connect(('127.0.0.11', 53)); s.send(b'\\0' * 30); s.recv(99)"
    enter = ["nsenter", "-t", ask.pid, "-U", "-n", "--preserve-credentials", sys.executable, "-c", garbage]
    subprocess.run(enter, timeout=10, check=True)
    assert ask("db") == [db]


@proves("network connect", "network disconnect", "container rename", "container stop", "container start")
def test_changes_are_seen_at_once(pydocker, image, networks):
    pydocker("run", "-d", "--name", "asks", "--network", "one", image, *SLEEP, check=True)
    pydocker("run", "-d", "--name", "moves", "--network", "two", image, *SLEEP, check=True)
    ask = Asking(pydocker, "asks")
    assert ask("moves") == []
    pydocker("network", "connect", "--alias", "m", "one", "moves", check=True)
    assert ask("moves") == ask("m") == [address(pydocker, "moves", "one")]
    pydocker("rename", "moves", "moved", check=True)
    assert ask("moved") and not ask("moves")
    pydocker("stop", "-t", "0", "moved", check=True)
    assert ask("m") == []
    pydocker("start", "moved", check=True)
    assert ask("moved") == ask("m") == [address(pydocker, "moved", "one")]
    pydocker("network", "disconnect", "one", "moved", check=True)
    assert ask("moved") == []
    pydocker("network", "connect", "one", "moved", check=True)
    assert ask("moved")
    pid = int(pydocker("inspect", "-f", "{{.State.Pid}}", "moved").stdout)
    monitor = int(Path(f"/proc/{pid}/stat").read_text().split()[3])
    for process in (monitor, pid):  # in this order: nobody takes note of the end
        os.kill(process, signal.SIGKILL)
    assert eventually(lambda: pydocker("ps", "-q", "--filter", "name=moved").stdout == "")
    assert ask("moved") == []
    for served in helpers(pydocker, "names"):
        os.kill(served, signal.SIGKILL)
    pydocker("ps", check=True)
    assert ask("asks") == [address(pydocker, "asks", "one")]


@proves("container run")
def test_a_killed_start_leaves_no_name(pydocker, image, networks):
    """Killed when it has its address and nothing runs yet: the next command takes that back."""
    pydocker("run", "-d", "--name", "asks", "--network", "one", image, *SLEEP, check=True)
    ask = Asking(pydocker, "asks")
    (path,) = pydocker.top.rglob("*.db")
    leased = "SELECT c.pid + c.monitor_pid FROM containers c JOIN addresses a ON a.container_id = c.id WHERE c.name LIKE 'killed%'"
    with contextlib.closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as database:
        for number in range(30):
            argv = [pydocker.command, "run", "-d", "--name", f"killed{number}", "--network", "one", image, *SLEEP]
            starting = subprocess.Popen(argv, env=pydocker.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while database.execute(leased).fetchone() is None and starting.poll() is None:
                time.sleep(0.001)
            starting.kill()
            starting.wait()
            if database.execute(leased).fetchone() == (0,):
                break
            pydocker("rm", "-f", f"killed{number}")
        else:
            pytest.fail("no start was caught between its address and its monitor")
        assert ask(f"killed{number}")
        assert "asks" in pydocker("ps", "--format", "{{.Names}}", check=True).stdout
        assert database.execute(leased).fetchone() is None
        assert ask(f"killed{number}") == []
    pydocker("start", f"killed{number}", check=True)
    assert ask(f"killed{number}") == [address(pydocker, f"killed{number}", "one")]


@proves("container run --dns", "container create --dns")
def test_servers_of_its_own(pydocker, image, networks, tmp_path):
    """A container that serves names to its neighbours, and others that ask it, from where they are."""
    shutil.copy(REPOSITORY / "tests" / "nameserver.py", tmp_path)
    mounts = ["-v", f"{tmp_path}:/t:ro"]
    for path in ("/usr", "/lib", "/lib64"):
        mounts += ["-v", f"{path}:{path}:ro"] if os.path.isdir(path) else []
    python = os.path.realpath(shutil.which("python3", path="/usr/bin") or sys.executable)
    for name, network in (("ns", "one"), ("ns2", "inner")):
        serve = ("exec ", python, " /t/nameserver.py 0.0.0.0 192.0.2.7")
        pydocker("run", "-d", "--name", name, "--network", network, *mounts, image, "sh", "-c", "".join(serve), check=True)
        assert eventually(lambda name=name: "ready" in pydocker("logs", name).stdout)
    servers = ("--dns", address(pydocker, "ns", "one"))
    pydocker("run", "-d", "--name", "c1", "--network", "one", *servers, "--dns-option", "ndots:1", image, *SLEEP, check=True)
    ask = Asking(pydocker, "c1")
    assert ask("www.example") == ask("+tcp", "www.example") == ["192.0.2.7"]
    assert len(ask("big.example", "TXT")) == 40  # by stream, since it is too long for a datagram
    assert [ask.status(name) for name in ("nx.example", "fail.example", "refuse.example")] == ["NXDOMAIN", "SERVFAIL", "REFUSED"]
    assert (ask.status("single"), ask("single")) == ("NOERROR", [])  # ndots: the C library goes on with its search domains
    assert ask("single", "TXT") == [] and ask("ns.one")
    before = time.monotonic()
    assert ask.status("drop.example") == "SERVFAIL"
    assert time.monotonic() - before < 5
    dead = ("--dns", "192.0.2.1", "--dns", "127.0.0.1", *servers)
    pydocker("run", "-d", "--name", "d1", "--network", "one", *dead, image, *SLEEP, check=True)
    ask, before = Asking(pydocker, "d1"), time.monotonic()
    assert ask("www.example") == ["192.0.2.7"] and time.monotonic() - before < 2
    before = time.monotonic()
    assert ask("www.example") == ["192.0.2.7"] and time.monotonic() - before < 0.9  # the silent one is asked last now
    run = ("run", "-d", "--name", "i1", "--network", "inner", "--dns", address(pydocker, "ns2", "inner"))
    pydocker(*run, image, *SLEEP, check=True)
    assert Asking(pydocker, "i1")("www.example") == ["192.0.2.7"]


FLOOD = """
import socket, time
query = b"\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\4drop\\7example\\0\\0\\1\\0\\1"
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(("127.0.0.11", 53))
udp.settimeout(0.005)  # a pause: what comes faster than a busy server reads is dropped by the kernel and refused by nobody
answer, number, end = b"", 0, time.monotonic() + 30
while not answer and time.monotonic() < end:
    for number in range(number, number + 25):
        udp.send((number % 65536).to_bytes(2, "big") + query)
    try:
        answer = udp.recv(512)
    except TimeoutError:
        number += 1
print("refused", answer[3] & 15)
mine = b"ab" + query.replace(b"\\4drop\\7example", b"\\5flood\\3one")
tcp = socket.create_connection(("127.0.0.11", 53), timeout=5)
try:
    tcp.sendall((len(mine).to_bytes(2, "big") + mine) * 400_000)
except ConnectionError:
    print("given up")
"""


@proves("container run --dns")
def test_one_that_floods_harms_no_other(pydocker, image, networks):
    """More questions at once than are taken of one, to a server that never answers, and answers that are never read."""
    pydocker("run", "-d", "--name", "flood", "--network", "one", "--dns", "192.0.2.1", image, *SLEEP, check=True)
    pydocker("run", "-d", "--name", "calm", "--network", "one", "--dns", "127.0.0.1", image, *SLEEP, check=True)
    ask, calm = Asking(pydocker, "flood"), Asking(pydocker, "calm")
    (served,) = helpers(pydocker, "names")
    enter = ["nsenter", "-t", ask.pid, "-U", "-n", "--preserve-credentials", sys.executable, "-c", FLOOD]
    flood = subprocess.run(enter, capture_output=True, text=True, timeout=60, check=False)
    assert flood.stdout == "refused 2\ngiven up\n", flood.stderr
    assert calm("flood") and calm.status("www.example") == "SERVFAIL"
    assert helpers(pydocker, "names") == [served]
    status = dict(line.split(":", 1) for line in Path(f"/proc/{served}/status").read_text().splitlines())
    assert int(status["VmRSS"].split()[0]) < 40_000


@proves("container run --dns-search", "network create")
def test_the_host_s_servers(pydocker, busybox_rootfs):
    """On a host of its own: servers on its loopback, a resolv.conf that changes while containers run."""
    on_a_host(pydocker, busybox_rootfs, "names_on_a_host.py")
