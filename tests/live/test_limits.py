"""Limits with real delegation where this user has some; scripts/test runs the same script in a virtual machine where it can boot one."""

from __future__ import annotations

import subprocess

import pytest

from tests.conftest import REPOSITORY, proves


@proves("container run --memory", "container run --cpus", "container run --pids-limit", "container update --memory")
def test_limits(pydocker):
    if pydocker("info", "-f", "{{.MemoryLimit}}").stdout != "true\n":
        pytest.skip("NO LIMITS TESTED: no controllers are delegated to this user (control groups version 2 and a systemd user manager)")
    done = subprocess.run([REPOSITORY / "tests/limits.sh", pydocker.command], capture_output=True, text=True, env=pydocker.env, timeout=300)
    assert (done.returncode, done.stdout) == (0, "limits: passed\n"), done.stdout + done.stderr


@proves("container run")
def test_without_delegation_docker_warns_and_discards(pydocker, image):
    if pydocker("info", "-f", "{{.MemoryLimit}}").stdout == "true\n":
        pytest.skip("controllers are delegated here")
    done = pydocker("run", "--rm", "-m", "64m", image, "true")
    assert done.status == 0
    assert "Memory limited without" in done.stderr or "does not support memory limit" in done.stderr.lower()
