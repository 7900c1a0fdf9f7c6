"""What another engine answers: a head, and a body that is read as bytes, as a document or as messages; and its errors."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING

from dockercompat import errors, json
from dockercompat.errors import ClientError, DockerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

_PIECE_BYTES = 1 << 16
_KINDS = {
    400: errors.InvalidParameter, 401: errors.Unauthorized, 403: errors.Forbidden, 404: errors.NotFound, 409: errors.Conflict,
    501: errors.NotImplementedHere, 503: errors.Unavailable,
}  # fmt: skip


class Unreadable(ClientError):
    """An answer that breaks off, or is not what it should be."""

    http_status = 500


class StreamFailed(DockerError):
    """An error that came as a message of a stream. code: the status that it carries (of a command in a build), or 0."""

    prefixed = False

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class Answer:
    """The head of an answer, and its body as a stream that is read once and closed.

    done  is called at its end: whether the connection may be used again
    """

    def __init__(self, response: http.client.HTTPResponse, done: Callable[[bool], None]) -> None:
        self.status = response.status
        self.headers = response.headers
        self._response = response
        self._done = done

    def read(self, size: int = -1) -> bytes:
        """At most that many bytes, as soon as there are any; all that is left without a size. Raises Unreadable when it breaks off."""
        try:
            data = self._response.read() if size < 0 else self._response.read1(size)
            if not data and size and self._response.length:  # read1 takes an end before its time for one
                raise Unreadable("unexpected EOF")
        except (http.client.HTTPException, OSError):
            raise Unreadable("unexpected EOF") from None
        if not data:
            self.close()
        return data

    def close(self) -> None:
        """Give the connection back if its answer has been read, else have it closed."""
        self._done(self._response.isclosed() and not self._response.will_close)

    def document(self) -> Any:
        """The body as JSON; None where there is none."""
        text = self.read()
        self.close()
        return _json(text) if text.strip() else None

    def messages(self) -> Iterator[dict[str, Any]]:
        """JSON documents, a line each, as they come. Raises StreamFailed for one that tells of an error."""
        rest = b""
        try:
            for piece in self.pieces():
                *lines, rest = (rest + piece).split(b"\n")
                yield from map(_message, filter(bytes.strip, lines))
            if rest.strip():
                yield _message(rest)
        finally:
            self.close()

    def pieces(self) -> Iterator[bytes]:
        while data := self.read(_PIECE_BYTES):
            yield data


def _message(line: bytes) -> dict[str, Any]:
    message: dict[str, Any] = _json(line)
    if "errorDetail" in message or "error" in message:
        detail = message.get("errorDetail") or {}
        raise StreamFailed(str(detail.get("message") or message.get("error") or ""), int(detail.get("code") or 0))
    return message


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        from dockercompat.spec import go_json

        try:
            go_json.loads(text.decode("utf-8", "replace"))
        except go_json.InvalidJson as error:
            raise Unreadable(str(error)) from None
        raise Unreadable("invalid UTF-8 in JSON") from None


def error_of(answer: Answer, method: str, url: str) -> DockerError:
    """The class of an answer's status with the engine's message. url: as messages show it."""
    from http import HTTPStatus

    text = b"" if method == "HEAD" else answer.read()
    answer.close()
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = ""
    if not text:
        kind = Unreadable if method != "HEAD" else _KINDS.get(answer.status, DockerError)  # to HEAD, a status is all there is
        return kind(
            f"request returned {answer.status} {phrase} for API route and version {url}, "
            "check if the server supports the requested API version"
        )
    message = text.decode("utf-8", "replace")
    if (answer.headers.get("Content-Type") or "").startswith("application/json"):
        found = _json(text)
        message = str(found.get("message") or "") if isinstance(found, dict) else ""
        message = message or f"API returned a {answer.status} ({phrase}) but provided no error-message"
    return _KINDS.get(answer.status, DockerError)(message.strip())
