"""A host of its own with another host beside it, for test_ports.py: run as root of a user namespace, with a network that nobody else has.

Arguments: a directory for everything, the archive of a base image, the words that start pydocker.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from tests.portserver import MOUNT, WORDS, echo, greeting
from tests.processes import LACKING

WEB = (
    "from http.server import *; ThreadingHTTPServer.address_family = 10;"
    " ThreadingHTTPServer(('::', 9000), SimpleHTTPRequestHandler).serve_forever()"
)
ASK = f"import sys; sys.path.insert(0, {sys.path[0]!r}); from tests.portserver import *; print(eval(sys.argv[1]))"


def main(top: Path, archive: str, *program: str) -> None:
    (top / "run").mkdir(parents=True, mode=0o700, exist_ok=True)
    env = {**os.environ, "PYDOCKER_ROOT": str(top / "root"), "XDG_RUNTIME_DIR": str(top / "run")}
    other = subprocess.Popen(["unshare", "-n", "sleep", "300"])
    there = ("nsenter", "-t", str(other.pid), "-n")
    own = os.stat("/proc/self/ns/net").st_ino
    while os.stat(f"/proc/{other.pid}/ns/net").st_ino == own and other.poll() is None:
        time.sleep(0.01)
    try:
        for line in (
            "ip link set lo up",
            f"ip link add out type veth peer name in netns {other.pid}",
            "ip addr add 198.51.100.1/24 dev out",
            "ip addr add fd55::1/64 dev out nodad",
            "ip link set out up",
            "nsenter ip addr add 198.51.100.2/24 dev in",
            "nsenter ip addr add fd55::2/64 dev in nodad",
            "nsenter ip link set in up",
        ):
            first, *rest = line.split()
            subprocess.run([*there, *rest] if first == "nsenter" else [first, *rest], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        other.kill()
        print(f"no host of its own: {error}", file=sys.stderr)
        sys.exit(LACKING)

    def call(*words: str) -> str:
        ended = subprocess.run(
            [*program, *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        )
        return ended.stdout + ended.stderr

    def elsewhere(expression: str) -> str:
        argv = [*there, "timeout", "20", sys.executable, "-c", ASK, expression]
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()

    try:
        call("import", archive, "busybox:latest")
        ports = ("-p", "80:80", "-p", "8082:82", "-p", "53:53/udp", "-p", "127.0.0.1:8090:80", "-p", "198.51.100.1:8091:80")
        said = call("run", "-d", "--name", "web", *ports, *MOUNT, "busybox", *WORDS)
        wait_for(lambda: greeting("127.0.0.1", 80))
        seen = (greeting("127.0.0.1", 80), greeting("198.51.100.1", 80), greeting("127.0.0.1", 8091))
        assert seen == ("172.17.0.1", "198.51.100.1", ""), (said, seen)
        asked = ("greeting('198.51.100.1', 80)", "echo('198.51.100.1', 53)", "greeting('198.51.100.1', 8091)")
        assert [elsewhere(each) for each in asked] == ["198.51.100.2"] * 3  # the container sees the client's own address
        assert elsewhere("greeting('198.51.100.1', 8090)") == ""  # on the loopback alone
        assert elsewhere("greeting('fd55::1', 80)") == "172.17.0.1"  # of another kind than the container's: seen as the gateway
        assert elsewhere("echo('fd55::1', 53)") == "172.17.0.1"
        for network, more, seen in (("both", (), "198.51.100.2"), ("only", ("--ipv4=false",), "")):  # IPv6 clients to the IPv6 address
            call("network", "create", "--ipv6", *more, network)
            said = call(
                "run", "-d", "--name", network, "--network", network, "-p", "8100:80", "-p", "8153:53/udp", *MOUNT, "busybox", *WORDS
            )
            own = call("inspect", "-f", f"{{{{.NetworkSettings.Networks.{network}.IPv6Gateway}}}}", network).strip()
            wait_for(lambda own=own: greeting("::1", 8100) == own)
            assert (greeting("::1", 8100), echo("::1", 8153)) == (own, own), said
            assert [elsewhere(f"{ask}('fd55::1', {port})") for ask, port in (("greeting", 8100), ("echo", 8153))] == ["fd55::2"] * 2
            assert [elsewhere(f"{ask}('198.51.100.1', {port})") for ask, port in (("greeting", 8100), ("echo", 8153))] == [seen] * 2
            call("rm", "-f", network)
        assert elsewhere("download('198.51.100.1', 8082, 30000000)") == "30000000"
        ways_out(call, env, there)
    finally:
        other.kill()
        call("system", "reset", "-f")


def ways_out(call: Callable[..., str], env: dict[str, str], there: tuple[str, ...]) -> None:
    """Either helper leads out by both families, and keeps the host's loopback from who has not asked for it."""
    for words in (("route", "add", "default", "via", "198.51.100.2"), ("-6", "route", "add", "default", "via", "fd55::2")):
        subprocess.run(["ip", *words], check=True)
    call("rm", "-f", "web")
    words = (sys.executable, "-c", WEB)
    web = [subprocess.Popen([*prefix, *words], cwd="/usr/share", stderr=subprocess.DEVNULL) for prefix in (there, ())]
    try:
        for helper in filter(shutil.which, ("slirp4netns", "pasta")):
            env["PYDOCKER_NETWORK_HELPER"] = helper
            call("run", "-d", "--name", "asks", "--network", "both", "busybox", "sleep", "100")
            assert helper in call("info", "-f", "{{.Labels}}")

            def page(host: str) -> str:
                return call("exec", "asks", "timeout", "3", "wget", "-qO-", f"http://{host}:9000/")

            for host in ("198.51.100.2", "[fd55::2]", "198.51.100.1", "[fd55::1]"):
                wait_for(lambda host=host, page=page: "listing" in page(host))
                assert "listing" in page(host), (helper, host, page(host))
            assert "listing" not in page("[fd00::2]"), helper
            call("rm", "-f", "asks")
    finally:
        for each in web:
            each.kill()


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)


main(Path(sys.argv[1]), *sys.argv[2:])
