"""What the Engine API answers to requests that are wrong, empty, partial or odd, held against a recorded docker 28.5.

api-answers.tsv  request, status and answer a line: METHOD PATH [BODY], with another Content-Type as ct=TYPE before it; the answer is the
                 message of an error or the body's text, ... where it is not compared; ids and times are ID and TIME. Lines with ! are
                 commands that come before. Paths without a version are of 1.50.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
from pathlib import Path

from tests.live.test_api import Api

TABLE = Path(__file__).parent.parent / "data" / "api-answers.tsv"
_VARYING = ((r"[0-9a-f]{64}", "ID"), (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.?\d*Z", "TIME"), (r"172\.\d+\.\d+\.\d+", "ADDRESS"))


class Client:
    """Requests on one connection for as long as the service keeps it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._connection = http.client.HTTPConnection("d")

    def ask(self, line: str) -> tuple[int, str]:
        kind = "application/json"
        if line.startswith("ct="):
            kind, _, line = line[3:].partition(" ")
        method, target, *rest = line.split(" ", 2)
        target = target if re.match(r"/v[\dx.]+/|//", target) else "/v1.50" + target
        if self._connection.sock is None:
            self._connection.sock = self._api.connect()
        fields = {"Content-Type": kind} if rest and kind else {}
        self._connection.request(method, target, rest[0].encode() if rest else None, fields)
        answer = self._connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        if answer.will_close or answer.getheader("Content-Length") is None:
            self.close()
        return answer.status, _shown(text)

    def close(self) -> None:
        if isinstance(self._connection.sock, socket.socket):
            self._connection.sock.close()
        self._connection = http.client.HTTPConnection("d")


def _shown(text: str) -> str:
    for pattern, word in _VARYING:
        text = re.sub(pattern, word, text)
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, dict) and list(document) == ["message"]:
        return str(document["message"]).replace("\n", "\\n")
    return text.strip().replace("\r\n", "\\r\\n")


def test_answers(pydocker, image, tmp_path):
    pydocker("create", "--name", "base", image, check=True)
    pydocker("export", "-o", str(tmp_path / "base.tar"), "base", check=True)
    pydocker("import", str(tmp_path / "base.tar"), "base:1", check=True)  # an image that names no command
    pydocker("rm", "base", check=True)
    service = Api(pydocker, tmp_path / "s.sock", "--time", "0")
    client = Client(service)
    wrong = []
    try:
        for line in TABLE.read_text(encoding="utf-8").splitlines():
            if line.startswith("!"):
                pydocker(*line[1:].split(), check=True)
                continue
            request, status, expected = line.split("\t")
            found = client.ask(request)
            if found[0] != int(status) or expected.removesuffix("\\r\\n") not in ("...", found[1]):
                wrong.append(f"{request}\n  docker {status} {expected}\n  here   {found[0]} {found[1]}")
    finally:
        client.close()
        service.process.terminate()
        service.process.wait(10)
    pydocker("rm", "-f", *pydocker("ps", "-aq").stdout.split())
    assert not wrong, "\n".join(wrong)
