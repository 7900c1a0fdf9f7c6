"""What a registry or the way to it refuses, and docker's sentences for it."""

from __future__ import annotations

import errno
import os

from dockercompat import json
from dockercompat.errors import DockerError, InvalidParameter, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    import requests

_DOCUMENT_MAX = 32 << 20  # bytes of a manifest or a token answer
# What distribution's errcode says for its codes; an error with just these words and no detail is shown as its code alone.
_MESSAGES = {
    "UNKNOWN": "unknown error",
    "UNSUPPORTED": "The operation is unsupported.",
    "UNAUTHORIZED": "authentication required",
    "DENIED": "requested access to the resource is denied",
    "UNAVAILABLE": "service unavailable",
    "TOOMANYREQUESTS": "too many requests",
    "DIGEST_INVALID": "provided digest did not match uploaded content",
    "SIZE_INVALID": "provided length did not match content length",
    "RANGE_INVALID": "invalid content range",
    "NAME_INVALID": "invalid repository name",
    "TAG_INVALID": "manifest tag did not match URI",
    "NAME_UNKNOWN": "repository name not known to registry",
    "MANIFEST_UNKNOWN": "manifest unknown",
    "MANIFEST_INVALID": "manifest invalid",
    "MANIFEST_UNVERIFIED": "manifest failed signature verification",
    "MANIFEST_BLOB_UNKNOWN": "blob unknown to registry",
    "BLOB_UNKNOWN": "blob unknown to registry",
    "BLOB_UPLOAD_UNKNOWN": "blob upload unknown to registry",
    "BLOB_UPLOAD_INVALID": "blob upload invalid",
    "PAGINATION_NUMBER_INVALID": "invalid number of results requested",
}
_CODES_OF_STATUS = {401: "UNAUTHORIZED", 403: "DENIED", 429: "TOOMANYREQUESTS"}


class RegistryError(DockerError):
    """What a registry answered.

    code   the first of its error codes (MANIFEST_UNKNOWN, DENIED ...), or ""
    plain  it said nothing beside the code
    """

    def __init__(self, status: int, code: str, message: str, *, plain: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.plain = plain
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


def refusal(response: requests.Response) -> RegistryError:
    """What an answer of 400 and above says, read as distribution's client reads it (registry/client/errors.go)."""
    from dockercompat.distribution.auth import parse_challenges

    status = response.status_code
    if status >= 500:
        return RegistryError(status, "", f"received unexpected HTTP status: {status} {reason(response)}")
    for challenge in parse_challenges(response.headers.get("WWW-Authenticate", "")):
        code = {"invalid_token": "UNAUTHORIZED", "insufficient_scope": "DENIED"}.get(challenge.get("error"), "")
        if challenge.scheme == "bearer" and code:
            return _error(status, code, challenge.get("error_description") or _MESSAGES[code])
    text = body(response).decode(errors="replace")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind not in ("application/json", "application/vnd.api+json"):
        return _error(status, _CODES_OF_STATUS.get(status, "UNKNOWN"), text)
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if isinstance(fields, dict) and fields.get("details"):
        return _error(status, _CODES_OF_STATUS.get(status, "UNKNOWN") if status != 403 else "UNKNOWN", str(fields["details"]))
    found = fields.get("errors") if isinstance(fields, dict) else None
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        if status == 401:
            return RegistryError(status, "UNAUTHORIZED", "unauthorized: authentication required")
        return RegistryError(status, "", f"error parsing HTTP {status} response body: {_unreadable(text, fields)}")
    first = found[0]
    code = str(first.get("code") or "UNKNOWN")
    code = code if code in _MESSAGES else "UNKNOWN"
    message = str(first.get("message") or "")
    if first.get("detail") is None and message in ("", _MESSAGES[code]):
        return RegistryError(status, code, code.lower().replace("_", " "), plain=True)
    return _error(status, code, message)


def _error(status: int, code: str, message: str) -> RegistryError:
    return RegistryError(status, code, f"{code.lower().replace('_', ' ')}: {message}")


def _unreadable(text: str, fields: object) -> str:
    """Why a body that says it is JSON has no errors in it."""
    from dockercompat.spec import go_json

    trouble = "no error details found in HTTP response body"
    if fields is None:
        try:
            go_json.loads(text)
        except go_json.InvalidJson as error:
            trouble = str(error)
    return f"{trouble}: {json.dumps(text, ensure_ascii=False)}"


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
        if "RemoteDisconnected" in str(type(each)):
            return "EOF"
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
    if error.plain:
        return error
    if error.code == "DENIED":
        return NotFound(f"pull access denied for {familiar_name}, repository does not exist or may require 'docker login': {error}")
    if error.code == "MANIFEST_UNKNOWN":
        return NotFound(f"manifest for {familiar} not found: {error}")
    if error.code == "NAME_UNKNOWN":
        return NotFound(f"repository {familiar_name} not found: {error}")
    return error
