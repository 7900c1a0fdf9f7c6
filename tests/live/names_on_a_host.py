"""A host of its own, for test_names.py: run as root of a user namespace, with a network and mounts that nobody else has.

Arguments: a directory for everything, the archive of a base image, the words that start pydocker.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from tests import nameserver
from tests.processes import LACKING


def main(top: Path, archive: str, *program: str) -> None:
    top.mkdir(exist_ok=True)
    resolv, log = top / "resolv.conf", []
    resolv.write_text("nameserver 127.0.0.53\nsearch lan.example\n")
    try:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["mount", "--bind", str(resolv), "/etc/resolv.conf"], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"no host of its own: {error}", file=sys.stderr)
        sys.exit(LACKING)
    nameserver.serve("127.0.0.53", "192.0.2.53", log)
    nameserver.serve("127.0.0.54", "192.0.2.54", log)
    env = {**os.environ, "PYDOCKER_ROOT": str(top / "root"), "XDG_RUNTIME_DIR": str(top / "run")}
    (top / "run").mkdir(mode=0o700, exist_ok=True)

    def call(*words: str) -> str:
        ended = subprocess.run(
            [*program, *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
        )
        return ended.stdout + ended.stderr

    try:
        call("import", archive, "busybox:latest")
        call("network", "create", "net")
        call("run", "-d", "--name", "inside", "--network", "net", "busybox", "sleep", "600")
        ask = ("exec", "inside", "nslookup", "-type=a")
        shown = call(*ask, "www.example")
        assert "192.0.2.53" in shown, shown
        shown = call("exec", "inside", "cat", "/etc/resolv.conf")
        assert "nameserver 127.0.0.11\nsearch lan.example\n" in shown and "host(127.0.0.53)" in shown, shown
        resolv.write_text("nameserver 127.0.0.99\nnameserver 127.0.0.54\n")  # the first is not there
        shown = call(*ask, "www.example")
        assert "192.0.2.54" in shown, shown
        process = next(pid for pid in filter(str.isdigit, os.listdir("/proc")) if serves(pid, str(top)))
        os.kill(int(process), signal.SIGKILL)
        wait_for(lambda: not serves(process, str(top)))
        call("ps")
        shown = call(*ask, "www.example") + call(*ask, "inside.")
        assert "192.0.2.54" in shown and "172." in shown, shown
        resolv.write_text("nameserver 127.0.0.53\nsearch lan.example\n")
        shown = call("run", "--rm", "busybox", "sh", "-c", "cat /etc/resolv.conf; nslookup -type=a www.example")
        assert "192.0.2.53" in shown and "search lan.example" in shown and "nameserver 127." not in shown, shown
        assert log
    finally:
        call("system", "reset", "-f")


def serves(pid: str, top: str) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    return words[-2:] == ["names", ""] and any(top in word for word in words)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


main(Path(sys.argv[1]), *sys.argv[2:])
