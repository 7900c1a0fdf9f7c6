"""An sshd of the test's own on loopback, and an `ssh` that knows its keys: what ssh:// addresses are tried with."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import eventually, free_port

PROGRAM = "/usr/sbin/sshd"


@contextmanager
def sshd(directory: Path, environ: dict[str, str]) -> Iterator[tuple[str, str, Path]]:
    """An ssh:// address without a path, the directory with the ssh that reaches it, and where that keeps its command lines.

    environ  of the commands that are run there: PATH and what else their docker needs
    """
    if not os.path.exists(PROGRAM) or shutil.which("ssh") is None:
        pytest.skip("openssh-server or ssh is not installed")
    directory.mkdir(mode=0o700)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)], check=True)
    port = free_port()
    shutil.copy(directory / "user.pub", directory / "authorized")
    variables = " ".join(f'{name}="{value}"' for name, value in environ.items())
    (directory / "server").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {directory}/host\nAuthorizedKeysFile {directory}/authorized\nPidFile none\n"
        f"StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nSetEnv {variables}\n"
    )
    (directory / "client").write_text(
        f"IdentityFile {directory}/user\nIdentitiesOnly yes\nUserKnownHostsFile /dev/null\nStrictHostKeyChecking no\nLogLevel ERROR\n"
    )
    bin_dir = directory / "bin"
    bin_dir.mkdir()
    program, lines = bin_dir / "ssh", directory / "lines"
    program.write_text(f'#!/bin/sh\necho "$*" >>{lines}\nexec {shutil.which("ssh")} -F {directory}/client "$@"\n')
    program.chmod(0o755)
    with open(directory / "log", "wb") as log:
        process = subprocess.Popen([PROGRAM, "-D", "-e", "-f", str(directory / "server")], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        eventually(lambda: process.poll() is not None or b"listening" in (directory / "log").read_bytes(), what="sshd listens")
        if process.poll() is not None:
            pytest.skip(f"sshd does not run here: {(directory / 'log').read_text().strip()[-200:]}")
        yield f"ssh://{getpass.getuser()}@127.0.0.1:{port}", str(bin_dir), lines
    finally:
        process.terminate()
        process.wait(10)
