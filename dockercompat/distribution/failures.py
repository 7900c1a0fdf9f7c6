"""What a registry or the way to it refuses, and docker's sentences for it."""

from __future__ import annotations

import errno
import json
import os

from dockercompat.errors import DockerError, Forbidden, InvalidParameter, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    import requests

_DOCUMENT_MAX = 32 << 20  # bytes of a manifest or a token answer


class RegistryError(DockerError):
    """What a registry answered. code is the first of its error codes (MANIFEST_UNKNOWN, DENIED ...), or ""."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.http_status = 404 if status == 404 else 401 if status == 401 else 403 if status == 403 else 500


def body(response: requests.Response) -> bytes:
    """An answer that is kept in memory. Raises InvalidParameter when it is too long for a document."""
    content = response.content
    if len(content) > _DOCUMENT_MAX:
        raise InvalidParameter(f"{response.url}: the answer is too long")
    return content


def reason(response: requests.Response) -> str:
    """Go's words for the status of an answer."""
    from http import HTTPStatus

    try:
        return HTTPStatus(response.status_code).phrase
    except ValueError:
        return response.reason or ""


def first_error(response: requests.Response) -> tuple[str, str]:
    """(code, "code in words: message") of the first error in a registry's answer; empty when it has none."""
    try:
        fields = json.loads(response.content[:_DOCUMENT_MAX])
    except (ValueError, OSError):
        return "", ""
    if not isinstance(fields, dict):
        return "", ""
    found = fields.get("errors")
    if isinstance(found, list) and found and isinstance(found[0], dict):
        code = str(found[0].get("code") or "UNKNOWN")
        message = str(found[0].get("message") or "")
        words = code.lower().replace("_", " ")
        return code, f"{words}: {message}" if message else words
    details = fields.get("details") or fields.get("message")
    return ("UNKNOWN", str(details)) if details else ("", "")


def explain(error: BaseException, url: str) -> str:
    """A connection's failure in the words of Go's net package."""
    from urllib.parse import urlsplit

    host = urlsplit(url).hostname or ""
    port = urlsplit(url).port or (443 if url.startswith("https") else 80)
    seen: BaseException | None = error
    text = str(error)
    chain: list[BaseException] = []
    while seen is not None and seen not in chain:
        chain.append(seen)
        inner = getattr(seen, "reason", None)
        if not isinstance(inner, BaseException) and seen.args and isinstance(seen.args[0], BaseException):
            inner = seen.args[0]
        seen = inner if isinstance(inner, BaseException) else (seen.__cause__ or seen.__context__)
    import socket
    import ssl

    for each in chain:
        if isinstance(each, ssl.SSLCertVerificationError):
            return f"tls: failed to verify certificate: {each.verify_message}"
        if isinstance(each, ssl.SSLError):
            if "WRONG_VERSION_NUMBER" in str(each):
                return "http: server gave HTTP response to HTTPS client"
            return f"tls: {each.reason or each}"
        if isinstance(each, socket.gaierror):
            trouble = "no such host" if each.errno in (-2, -5) else "server misbehaving"
            return f"dial tcp: lookup {host} on {_nameserver()}: {trouble}"
        if isinstance(each, TimeoutError):
            return "net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"
        if isinstance(each, OSError) and each.errno in (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH):
            return f"dial tcp {_address(host, port)}: connect: {os.strerror(each.errno).lower()}"
        if isinstance(each, ConnectionResetError):
            return "read: connection reset by peer"
    if "IncompleteRead" in text:
        return "unexpected EOF"
    if "RemoteDisconnected" in text or "BadStatusLine" in text:
        return "EOF"
    if "timed out" in text:
        return "net/http: request canceled (Client.Timeout exceeded while awaiting headers)"
    return text


def _address(host: str, port: int) -> str:
    """The address that a name was dialled at, as Go writes it."""
    import socket

    try:
        found = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    except OSError:
        found = host
    return f"[{found}]:{port}" if ":" in found else f"{found}:{port}"


def _nameserver() -> str:
    """The first server of resolv.conf, which Go names when it can't look a name up."""
    try:
        with open("/etc/resolv.conf", encoding="utf-8", errors="replace") as file:
            words = [line.split() for line in file]
    except OSError:
        words = []
    address = next((each[1] for each in words if len(each) > 1 and each[0] == "nameserver"), "127.0.0.1")
    return f"[{address}]:53" if ":" in address else f"{address}:53"


def translate(error: RegistryError, familiar: str, familiar_name: str) -> DockerError:
    """A registry's refusal to give an image, in docker's words."""
    if error.code in ("DENIED", "UNAUTHORIZED") and "basic auth" not in str(error):
        return NotFound(
            f"pull access denied for {familiar_name}, repository does not exist or may require 'docker login': {_denied(error)}"
        )
    if error.code == "MANIFEST_UNKNOWN" or (error.status == 404 and error.code == "NOT_FOUND"):
        return NotFound(f"manifest for {familiar} not found: {error}")
    if error.code == "NAME_UNKNOWN":
        return NotFound(f"repository {familiar_name} not found: {error}")
    if error.status == 403:
        return Forbidden(str(error))
    return error


def _denied(error: RegistryError) -> str:
    if error.code == "UNAUTHORIZED" and str(error).startswith("unauthorized"):
        return str(error)
    return str(error) if str(error).startswith("denied") else f"denied: {error}"
