"""Links are changed by this program itself: as `ip` would, and without starting programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import Pydocker, eventually

HERE = Path(__file__).resolve().parents[2]
CHANGES = """
import os, sys
from dockercompat.kernel.rtnetlink import *
def links(pid):
    yield SetUp("lo")
    yield AddBridge("br0", "02:42:0a:00:00:01", 65520)
    yield AddAddress("br0", "10.0.0.1/24")
    yield AddAddress("br0", "fd77::1/64")
    yield SetUp("br0")
    for name, peer in (("v0", "p0"), ("v1", "p1"), ("v2", "p2")):
        yield AddVeth(name, 1400, peer, pid, "02:42:0a:00:00:0" + peer[1])
        yield SetUp(name, "br0")
    yield Isolate("v1")
    yield DeleteLink("v2")
    yield LookUpMarked(7, 100)
    yield AddLocalTable(100)
def routes():
    yield SetUp("lo")
    for link, four, six in (("p0", "10.0.0.2/24", "fd77::2/64"), ("p1", "10.0.1.3/31", "fd78::3/64")):
        yield AddAddress(link, four)
        yield AddAddress(link, six)
        yield AddAddress(link, six, replace_it=True)
        yield SetUp(link)
    yield SetRoute("10.0.0.9", "p0")
    yield SetRoute("10.0.0.1")
    yield SetRoute("fd77::1", "p0")
    yield SetRoute("10.0.0.1", destination="127.0.0.11/32", source="10.0.0.2", local=True)
"""
MAKE = (
    CHANGES
    + """
os.write(1, b"r"); sys.stdin.readline(); pid = int(sys.argv[1])
with Socket(os.open("/proc/self/ns/net", os.O_RDONLY)) as own, Socket(os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)) as other:
    own.apply(links(pid))
    other.apply(routes())
    assert [(each.name, each.kind) for each in other.links()] == [("lo", ""), ("p0", "veth"), ("p1", "veth")]
    assert {each.cidr for each in other.addresses() if each.scope == 0} == {"10.0.0.2/24", "fd77::2/64", "10.0.1.3/31", "fd78::3/64"}
    try:
        own.apply([SetUp("br0"), DeleteLink("v9"), DeleteLink("br0")])
    except KernelRefused as error:
        assert str(error) == "ip link del v9: No such device", error
    assert own.index("br0")
os.write(1, b"d"); sys.stdin.readline()
"""
)
SAY = (
    CHANGES
    + """
import subprocess
os.write(1, b"r"); sys.stdin.readline(); pid = int(sys.argv[1])
for enter, changes in (([], links(pid)), (["nsenter", f"--net=/proc/{pid}/ns/net"], routes())):
    lines = "".join(each.describe() + "\\n" for each in changes)
    subprocess.run([*enter, "ip", "-batch", "-"], input=lines, text=True, check=True)
os.write(1, b"d"); sys.stdin.readline()
"""
)
PICKED = {
    "link": ("ifname", "mtu", "master", "address", "flags", "linkinfo"),
    "addr": ("ifname", "addr_info"),
    "route show table all": (),
    "-6 route show table all": (),
    "rule": (),
}


def _picked(what: str, entry: dict[str, Any], keys: tuple[str, ...]) -> str:
    """An entry of a listing without what differs each time: numbers, times, addresses that the kernel makes of a link's own."""
    entry = {key: value for key, value in entry.items() if not keys or key in keys}
    info = entry.get("linkinfo", {})
    for name in ("info_data", "info_slave_data"):
        info[name] = {key: value for key, value in info.get(name, {}).items() if key in ("isolated", "priority")}
    if str(entry.get("ifname"))[0] == "v":  # its address is a random one
        entry.pop("address", None)
    entry["addr_info"] = [each for each in entry.get("addr_info", ()) if each["scope"] != "link"]
    entry["flags"] = sorted(
        {*entry.get("flags", ())} - {"LOWER_UP", "NO-CARRIER", "linkdown"}
    )  # which the kernel tells when it comes to it
    text = json.dumps(entry, sort_keys=True)
    return "" if "fe80" in text or "ff00" in text else f"{what}: {text}"


def shown(code: str) -> list[str]:
    """What `ip` shows of two network namespaces after the code has made its changes in them."""
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    words = ["unshare", "--user", "--map-root-user", "--net"]
    inner = subprocess.Popen([*words, "sleep", "60"])
    own = f"net:[{os.stat('/proc/self/ns/net').st_ino}]"
    eventually(lambda: os.readlink(f"/proc/{inner.pid}/ns/net") != own and Path(f"/proc/{inner.pid}/uid_map").read_text())
    argv = [
        "nsenter",
        "--preserve-credentials",
        f"--user=/proc/{inner.pid}/ns/user",
        "unshare",
        "--net",
        sys.executable,
        "-c",
        code,
        str(inner.pid),
    ]
    outer = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
    try:
        assert outer.stdin is not None and outer.stdout is not None
        assert outer.stdout.read(1) == b"r"
        outer.stdin.write(b"\n")
        outer.stdin.flush()
        assert outer.stdout.read(1) == b"d"
        found = []
        for process in (outer, inner):
            enter = [
                "nsenter",
                "--preserve-credentials",
                f"--user=/proc/{inner.pid}/ns/user",
                f"--net=/proc/{process.pid}/ns/net",
                "ip",
                "-d",
                "-j",
            ]
            for what, keys in PICKED.items():
                listed = subprocess.run([*enter, *what.split()], stdout=subprocess.PIPE, text=True, check=True).stdout
                found += sorted(filter(None, (_picked(what, entry, keys) for entry in json.loads(listed))))
    finally:
        outer.kill()
        inner.kill()
        outer.wait()
        inner.wait()
    return found


def test_changes_are_what_ip_would_make_of_their_words():
    assert shown(MAKE) == shown(SAY)


COUNTED = """
import sys
sys.path[:0] = {path!r}
counts = dict.fromkeys(("os.fork", "os.forkpty", "os.posix_spawn", "os.exec"), 0)
def count(event, args):
    if event in counts:
        counts[event] += 1
sys.addaudithook(count)
import os, dockercompat.__main__ as program
sys.argv[1:] = {words!r}
status = program.run_words()
heavy = ("re", "json", "sqlite3", "signal", "enum", "datetime", "ctypes", "socket", "subprocess", "typing")
print("COUNTED", status, sum(counts.values()), *(name for name in heavy if name in sys.modules), file=sys.__stderr__)
os._exit(0)
"""


def counted(pydocker: Pydocker, *words: str) -> tuple[int, int, list[str]]:
    """Status of a command, how many processes it started and which slow modules it loaded: each costs several milliseconds."""
    code = COUNTED.format(path=[str(HERE), *sys.path], words=list(words))
    done = subprocess.run([sys.executable, "-ISc", code], env=pydocker.environment(None), capture_output=True, text=True, timeout=60)
    assert "COUNTED" in done.stderr, done.stderr
    status, count, *heavy = done.stderr.rpartition("COUNTED ")[2].split()
    return int(status), int(count), heavy


def test_connect_and_disconnect_start_no_programs(pydocker: Pydocker, image: str):
    """Their only process is the one that waits for what the kernel does after a link is gone; names are served already."""
    roots = int(os.geteuid() == 0)  # its way out of the holder's namespaces is found by one more
    for name in ("first", "second"):
        pydocker("network", "create", name, check=True)
    pydocker("run", "-d", "--name", "moves", "--network", "first", image, "sleep", "600", check=True)
    try:
        for verb in ("connect", "disconnect"):  # helpers that have just begun write down that they are there
            pydocker("network", verb, "second", "moves", check=True)
        for _ in range(2):
            assert counted(pydocker, "network", "connect", "second", "moves") == (0, roots, [])
            assert "eth1" in pydocker("exec", "moves", "ip", "addr").stdout
            assert counted(pydocker, "network", "disconnect", "second", "moves") == (0, 1 + roots, [])
            assert "eth1" not in pydocker("exec", "moves", "ip", "addr").stdout
        assert counted(pydocker, "ps") == (0, 0, [])
        assert counted(pydocker, "inspect", "moves") == (0, 0, [])
        for words in (
            ["exec", "moves", "true"],
            ["run", "--rm", "--network", "first", "-p", "0:80", image, "true"],
            ["stop", "-t0", "moves"],
        ):
            status, _, heavy = counted(pydocker, *words)
            assert (status, heavy) == (0, [])
    finally:
        pydocker("rm", "-f", "moves")
        pydocker("network", "rm", "first", "second", check=True)
