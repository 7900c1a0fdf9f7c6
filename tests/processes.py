"""The engine's own processes, as tests look for them, and hosts of their own for tests that need one."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

LACKING = 77  # what a script ends with where this machine can't give it its host; the reason is on stderr


def helpers(pydocker, name: str) -> list[int]:
    """Pids of living helpers of this test's store, by program ("slirp4netns"), verb ("relay", "names", "tender") or name ("conmon")."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{entry}/cmdline").read_bytes().decode(errors="replace").split("\0")
            known_as = (os.path.basename(words[0]), *words[-2:-1], Path(f"/proc/{entry}/comm").read_text().strip())
            if name in known_as and any(str(pydocker.runtime_dir) in word for word in words):
                found.append(int(entry))
    return found


def on_a_host(pydocker, archive: Path, script: str) -> None:
    """Run a script of tests/live as root of a user namespace, with a network and mounts that nobody else has.

    archive  of a base image. The script gets a directory for everything, the archive, and the words that start pydocker
    """
    unshare = ["unshare", "-U", "--map-auto", "--map-root-user", "-n", "-m"]
    tried = subprocess.run([*unshare, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no host of its own: {tried.stderr.strip()}")
    path = Path(__file__).parent / "live" / script
    words = [*unshare, sys.executable, str(path), str(pydocker.top / "host"), str(archive), pydocker.command]
    with open(pydocker.top / "host.log", "w+", encoding="utf-8") as log:  # no pipe, which a helper could hold open
        ended = subprocess.run(words, env=pydocker.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=90, check=False)
        log.seek(0)
        said = log.read()
    if ended.returncode == LACKING:
        pytest.skip(said.strip())
    assert ended.returncode == 0, said
