"""A registry's bad day: a proxy before a real registry that cuts connections, answers wrongly, and asks who is there."""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.client
import io
import json
import tarfile
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USER, PASSWORD = "moby", "sesame"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


class Middleman:
    """What the proxy does, and what it saw.

    cut_after    break the connection after so many bytes of a blob, as often as cuts says
    busy         answer so many requests with 429 first
    lost         so many pieces of uploads get no answer: in turn, they do not arrive and they do
    flip         change a byte in the middle of every blob
    auth         "" for none, "token" for bearer tokens from this server's own realm
    elsewhere    send blob requests on to this address (another host name), which must not see any Authorization
    seen         (method, path, Range, Authorization) of all requests
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.cut_after = 0
        self.cuts = 0
        self.busy = 0
        self.lost = 0
        self.flip = False
        self.auth = ""
        self.elsewhere = ""
        self.seen: list[tuple[str, str, str, str]] = []
        self.scopes: list[str] = []
        self.address = ""

    def ranges(self) -> list[str]:
        return [wanted for method, path, wanted, _ in self.seen if method == "GET" and "/blobs/" in path and wanted]


@contextmanager
def middleman(upstream: str) -> Iterator[Middleman]:
    state = Middleman(upstream)
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    state.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Middleman

    def log_message(self, format: str, *args: Any) -> None:
        return None

    def _handle(self) -> None:
        state, headers = self.state, self.headers
        authorization = headers.get("Authorization", "")
        state.seen.append((self.command, self.path, headers.get("Range", ""), authorization))
        body = self._body()
        if self.path.startswith("/token"):
            return self._token(authorization)
        if state.auth == "token" and not authorization.startswith("Bearer good"):
            challenge = f'Bearer realm="http://{state.address}/token",service="test",scope="repository:x:pull"'
            return self._answer(401, {"WWW-Authenticate": challenge}, _error("UNAUTHORIZED", "authentication required"))
        if state.busy and self.path != "/v2/":
            state.busy -= 1
            return self._answer(429, {"Retry-After": "0"}, _error("TOOMANYREQUESTS", "slow down"))
        if state.elsewhere and "/blobs/sha256" in self.path and self.command == "GET":
            return self._answer(307, {"Location": f"http://{state.elsewhere}{self.path}"}, b"")
        if state.lost and self.command == "PATCH":
            state.lost -= 1
            if state.lost % 2 == 0:
                self._upstream(body)
            self.close_connection = True
            self.connection.shutdown(2)
            return None
        return self._forward(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _token(self, authorization: str) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.state.scopes += query.get("scope", [])
        if authorization and authorization != BASIC:
            return self._answer(401, {}, _error("UNAUTHORIZED", "incorrect username or password"))
        if any("push" in scope for scope in query.get("scope", [])) and not authorization:
            return self._answer(401, {}, _error("DENIED", "requested access to the resource is denied"))
        return self._answer(200, {"Content-Type": "application/json"}, json.dumps({"token": f"good-{len(self.state.scopes)}"}).encode())

    def _upstream(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        """Ask the real registry."""
        state = self.state
        connection = http.client.HTTPConnection(state.upstream, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name not in ("Authorization", "Connection")}
        headers["Host"] = state.address if "/uploads/" in self.path else state.upstream
        connection.request(self.command, self.path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def _forward(self, body: bytes) -> None:
        state = self.state
        answer, content = self._upstream(body)
        if state.flip and "/blobs/sha256" in self.path and len(content) > 1000:
            middle = len(content) // 2
            content = content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]
        kept = {k: v for k, v in answer.getheaders() if k.lower() not in ("connection", "transfer-encoding", "content-length")}
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        if state.cuts and self.command == "GET" and "/blobs/sha256" in self.path and len(content) > state.cut_after:
            state.cuts -= 1
            self._start(answer.status, kept, length)
            self.wfile.write(content[: state.cut_after])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self._start(answer.status, kept, length)
        if self.command != "HEAD":
            self.wfile.write(content)

    def _start(self, status: int, headers: dict[str, str], length: str | None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", length)
        self.end_headers()

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self._start(status, {"Content-Type": "application/json", **headers}, str(len(content)))
        if self.command != "HEAD":
            self.wfile.write(content)


def _error(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def changeset(files: dict[str, bytes]) -> bytes:
    """A tar of some files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


class Upload:
    """Puts hand-made images into a registry, as no client of ours would make them."""

    def __init__(self, registry: str, repository: str) -> None:
        self.base = f"http://{registry}/v2/{repository}"

    def blob(self, content: bytes) -> dict[str, Any]:
        with urllib.request.urlopen(urllib.request.Request(f"{self.base}/blobs/uploads/", method="POST")) as answer:
            place = answer.headers["Location"]
        joint = "&" if "?" in place else "?"
        request = urllib.request.Request(f"{place}{joint}digest={digest(content)}", content, method="PUT")
        request.add_header("Content-Type", "application/octet-stream")
        urllib.request.urlopen(request).close()
        return {"digest": digest(content), "size": len(content)}

    def manifest(self, name: str, document: dict[str, Any]) -> dict[str, Any]:
        raw = json.dumps(document).encode()
        request = urllib.request.Request(f"{self.base}/manifests/{name or digest(raw)}", raw, method="PUT")
        request.add_header("Content-Type", document["mediaType"])
        urllib.request.urlopen(request).close()
        return {"mediaType": document["mediaType"], "digest": digest(raw), "size": len(raw)}

    def image(self, name: str, layers: list[bytes], *, compression: str = "gzip", architecture: str = "amd64") -> dict[str, Any]:
        """One image of uncompressed changesets; the descriptor of its manifest."""
        config = {
            "architecture": architecture,
            "os": "linux",
            "config": {"Cmd": ["/hello"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
            "history": [{"created_by": f"step {number}"} for number, _ in enumerate(layers)],
        }
        kind = "application/vnd.oci.image"
        described = [{"mediaType": f"{kind}.layer.v1.tar+{compression}", **self.blob(_compressed(each, compression))} for each in layers]
        return self.manifest(
            name,
            {
                "schemaVersion": 2,
                "mediaType": f"{kind}.manifest.v1+json",
                "config": {"mediaType": f"{kind}.config.v1+json", **self.blob(json.dumps(config).encode())},
                "layers": described,
            },
        )

    def index(self, name: str, entries: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
        """An index of (architecture, descriptor)."""
        manifests = [{**each, "platform": {"os": "linux", "architecture": architecture}} for architecture, each in entries]
        return self.manifest(name, {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests})


def _compressed(content: bytes, compression: str) -> bytes:
    if compression == "zstd":
        import zstandard

        return zstandard.ZstdCompressor().compress(content)
    return gzip.compress(content)
