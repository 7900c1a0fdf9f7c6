"""A host of its own, for test_network_settings.py: run as root of a user namespace, with a network that nobody else has.

Arguments: a directory for everything, the archive of a base image, the words that start pydocker.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from tests.processes import LACKING


def main(top: Path, archive: str, *program: str) -> None:
    (top / "run").mkdir(parents=True, mode=0o700, exist_ok=True)
    env = {**os.environ, "PYDOCKER_ROOT": str(top / "root"), "XDG_RUNTIME_DIR": str(top / "run")}

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True)

    try:
        for words in (
            "link set lo up",
            "link add vpn type veth peer name far",
            "addr add 198.51.100.1/24 dev vpn",
            "link set vpn up",
            "link set far up",
        ):
            ip(*words.split())
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"no host of its own: {error}", file=sys.stderr)
        sys.exit(LACKING)

    def call(*words: str) -> str:
        ended = subprocess.run(
            [*program, *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        )
        return ended.stdout + ended.stderr

    def own(network: str) -> str:
        return call("run", "--rm", "--network", network, "busybox", "sh", "-c", "ip -o -4 addr show eth0; ip route").split("inet ")[-1]

    def ping(network: str, address: str) -> str:
        return call("run", "--rm", "--network", network, "busybox", "ping", "-c1", "-W2", address)

    try:
        call("import", archive, "busybox:latest")
        for words in ("one", "two", "--subnet 10.77.0.0/24 given"):
            call("network", "create", *words.split())
        assert (
            own("bridge").startswith("172.17.0.2/16") and own("two").startswith("172.19.0.2/16") and own("given").startswith("10.77.0.2/24")
        )
        call("run", "-d", "--name", "keeps", "--network", "one", "busybox", "sleep", "600")
        for subnet in ("172.16.0.0/14", "10.77.0.0/24", "10.0.2.0/24"):
            ip("route", "add", subnet, "dev", "vpn")
        assert own("two").startswith("172.21.0.2/16"), own("two")  # nobody was in it
        assert own("bridge").startswith("172.20.0.2/16"), own("bridge")
        assert own("given").startswith("10.77.0.2/24")  # somebody chose it
        assert "172.18.0.2/16" in call("exec", "keeps", "ip", "addr")  # it is in use
        call("run", "-d", "--name", "peer", "--network", "two", "busybox", "sleep", "600")
        assert "1 packets received" in ping("two", "peer"), ping("two", "peer")
        call("rm", "-f", "keeps", "peer")
        assert own("one").startswith("172.22.0.2/16"), own("one")
        shown = call("run", "--rm", "--add-host", "h:host-gateway", "busybox", "cat", "/etc/hosts")
        assert "10.0.2." not in shown, shown  # the way out was moved as well
        with socket.create_server(("198.51.100.1", 80)) as service:
            threading.Thread(target=lambda: service.accept()[0].sendall(b"from the host"), daemon=True).start()
            said = call("run", "--rm", "--network", "two", "busybox", "nc", "-w", "5", "198.51.100.1", "80")
            assert "from the host" in said, said
    finally:
        call("system", "reset", "-f")


main(Path(sys.argv[1]), *sys.argv[2:])
