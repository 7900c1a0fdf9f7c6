"""The application in examples/webapp: built on Debian with packages, served, found healthy, stopped in order."""

from __future__ import annotations

import time
import urllib.parse
import urllib.request

import pytest

from tests.conftest import REPOSITORY, eventually, proves


@pytest.mark.debian
@pytest.mark.slow
@proves("buildx build", "container run", "container run --publish", "container run --volume", "container stop")
def test_the_example(pydocker, debian_image):
    pydocker("build", "-t", "guestbook", REPOSITORY / "examples/webapp", check=True, timeout=600)
    words = ("run", "-d", "--name", "guestbook", "-p", "127.0.0.1::8000", "-v", "guestbook-data:/data", "guestbook")
    pydocker(*words, check=True)
    address = pydocker("port", "guestbook", "8000", check=True).stdout.split()[0]

    def page(data=None):
        try:
            with urllib.request.urlopen(f"http://{address}/", data=data, timeout=2) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    eventually(page, what="the page comes")
    assert "<b>Ada</b>: hello" in page(urllib.parse.urlencode({"name": "Ada", "text": "hello"}).encode())
    eventually(lambda: pydocker("inspect", "-f", "{{.State.Health.Status}}", "guestbook").stdout == "healthy\n")
    assert pydocker("exec", "guestbook", "id", "-un").stdout == "guestbook\n"
    began = time.monotonic()
    pydocker("stop", "guestbook", check=True)
    assert time.monotonic() - began < 1
    assert pydocker("inspect", "-f", "{{.State.ExitCode}}", "guestbook").stdout == "0\n"
    assert "stopped in good order" in pydocker("logs", "guestbook").stdout
    pydocker("rm", "guestbook", check=True)
    pydocker(*words, check=True)  # the data outlives the container
    address = pydocker("port", "guestbook", "8000", check=True).stdout.split()[0]
    eventually(lambda: "hello" in page())
    pydocker("rm", "-f", "guestbook", check=True)
    pydocker("volume", "rm", "guestbook-data", check=True)
    pydocker("rmi", "guestbook", check=True)
