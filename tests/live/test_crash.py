"""Any helper may be killed at any time: running containers stay up and the next command repairs the rest."""

from __future__ import annotations

import contextlib
import os
import signal
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import eventually, proves
from tests.processes import helpers


def page(address):
    with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(f"http://{address}/", timeout=2) as answer:
        return answer.read().decode()
    return ""


def web(pydocker, image, name="web"):
    pydocker(
        "run",
        "-d",
        "--name",
        name,
        "-p",
        "127.0.0.1::80",
        image,
        "sh",
        "-c",
        "mkdir /w; echo page > /w/index.html; exec httpd -f -h /w",
        check=True,
    )
    address = pydocker("port", name, "80/tcp", check=True).stdout.strip()
    eventually(lambda: page(address) == "page\n", what=f"http://{address}/ answers")
    return address


@proves("container run --publish", "container port")
def test_a_published_port(pydocker, image):
    address = web(pydocker, image)
    assert address.startswith("127.0.0.1:")
    taken = pydocker("run", "--rm", "-p", f"{address}:80", image, "true")
    assert taken.status == 125
    pydocker("rm", "-f", "web", check=True)
    assert page(address) == ""


@proves("container run")
def test_slirp4netns_killed(pydocker, image):
    address = web(pydocker, image)
    (pid,) = helpers(pydocker, "slirp4netns")
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: helpers(pydocker, "slirp4netns") != [pid])
    pydocker("ps", check=True)
    pydocker("run", "--rm", image, "true", check=True)
    eventually(lambda: page(address) == "page\n", what="the port is back")


@proves("container run")
def test_the_holder_killed(pydocker, image):
    address = web(pydocker, image)
    pid = int((pydocker.run_dir() / "holder").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    assert pydocker("exec", "web", "cat", "/w/index.html").stdout == "page\n"
    assert pydocker("run", "--rm", image, "echo", "new").stdout == "new\n"
    assert page(address) == "page\n"
    pydocker("stop", "-t", "0", "web", check=True)
    assert pydocker("ps", "-q").stdout == ""
    pydocker("start", "web", check=True)
    eventually(lambda: page(pydocker("port", "web", "80/tcp").stdout.strip()) == "page\n")


@proves("container ls")
def test_the_monitor_killed(pydocker, image):
    pydocker("run", "-d", "--name", "orphan", image, "sleep", "60", check=True)
    pydocker("run", "-d", "--name", "other", image, "sleep", "60", check=True)
    inspected = pydocker("inspect", "-f", "{{.Id}}", "orphan").stdout.strip()
    pids = [pid for pid in helpers(pydocker, "conmon") if inspected in Path(f"/proc/{pid}/cmdline").read_text()]
    assert len(pids) == 1
    os.kill(pids[0], signal.SIGKILL)
    states = eventually(lambda: pydocker("ps", "-a", "--format", "{{.Names}} {{.State}}").stdout.splitlines())
    assert "other running" in states
    pydocker("rm", "-f", "orphan", check=True)
    assert pydocker("ps", "-a", "--format", "{{.Names}}").stdout == "other\n"
    pydocker("run", "-d", "--name", "orphan", image, "true", check=True)


@proves("container run --rm")
def test_the_client_killed(pydocker, image):
    process = pydocker.start("run", "--rm", "--name", "left", image, "sh", "-c", "echo up; sleep 1")
    assert process.stdout.readline() == b"up\n"
    process.kill()
    process.wait()
    eventually(lambda: pydocker("ps", "-aq").stdout == "", what="the container removes itself")


@proves("container run --rm")
@pytest.mark.slow
def test_a_hundred_at_once(pydocker, image):
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda n: pydocker("run", "--rm", image, "echo", str(n), timeout=120), range(100)))
    assert [r.stdout for r in results if r.status == 0] == [f"{n}\n" for n in range(100)], [r for r in results if r.status][:3]
    assert pydocker("ps", "-aq").stdout == ""


@proves("container run --detach")
@pytest.mark.slow
def test_many_stay_up(pydocker, image):
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda n: pydocker("run", "-d", "--name", f"many{n}", image, "sleep", "100", timeout=120), range(30)))
    assert [r for r in results if r.status] == []
    assert len(pydocker("ps", "-q").stdout.split()) == 30
    addresses = pydocker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", *(f"many{n}" for n in range(30))).stdout.split()
    assert len(set(addresses)) == 30
    pydocker("rm", "-f", *(f"many{n}" for n in range(30)), check=True, timeout=120)
    assert time.monotonic() - began < 120
