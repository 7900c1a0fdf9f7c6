"""A service of the Engine API for a test, and requests to it."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from tests.conftest import Pydocker, eventually


class Api:
    """A service of the test's own store, and requests to it."""

    def __init__(self, pydocker: Pydocker, path: Path, *words: str) -> None:
        self.path = path
        self.process = subprocess.Popen([pydocker.command, "system", "service", "-H", f"unix://{path}", *words], env=pydocker.env)
        eventually(self.answers, what="the service answers")

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            self.connect().close()
            return True
        return False

    def processes(self) -> list[int]:
        """Those that serve, or wait for a client, beside the first one."""
        return [int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    def kill(self) -> None:
        """End the service as the kernel does when memory runs out, and wait until nobody listens."""
        self.process.kill()
        self.process.wait()
        eventually(lambda: not self.answers(), what="the end of the processes of a service that was killed")

    def end(self) -> None:
        self.process.terminate()
        assert self.process.wait(10) in (0, -15)

    def send(self, text: str, body: bytes = b"") -> socket.socket:
        """A connection on which a request was sent: `POST /path` and, in further lines, headers."""
        sock = self.connect()
        first, *fields = text.split("\n")
        sock.sendall("\r\n".join([f"{first} HTTP/1.1", "Host: d", *fields, "", ""]).encode() + body)
        return sock

    def connect(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(30)
        sock.connect(str(self.path))
        return sock

    def __call__(
        self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, document (a list of messages where there are several, bytes where there is none) and headers."""
        connection = http.client.HTTPConnection("d")
        connection.sock = self.connect()
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        fields = {"Content-Type": "application/json"} if data is not None and not isinstance(body, bytes) else {}
        connection.request(method, target, data, {**fields, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        kind = answer.getheader("Content-Type", "")
        found: Any = text
        if text and kind.startswith("application/json"):
            documents = [json.loads(line) for line in text.splitlines()]
            found = documents if len(documents) > 1 else documents[0]
        return answer.status, found, dict(answer.getheaders())


def archive(*members: tuple[str, bytes]) -> bytes:
    """Names with content; one that ends with "->" is a symbolic link, with "=>" a hard link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name[:-2] if name.endswith(("->", "=>")) else name)
            if name.endswith(("->", "=>")):
                member.type = tarfile.SYMTYPE if name.endswith("->") else tarfile.LNKTYPE
                member.linkname = content.decode()
                tar.addfile(member)
            else:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return out.getvalue()
