"""One request as a handler sees it: parameters, body, the engine, and the ways to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.api.http import Body, to_json
from dockercompat.api.vanish import Watch
from dockercompat.engine import entering
from dockercompat.errors import DockerError, InvalidParameter
from dockercompat.spec.filter import Filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from dockercompat.api.http import Connection
    from dockercompat.engine.engine import Engine

_FALSE = ("", "0", "no", "false", "none")
JSON = "application/json"
RAW_STREAM = "application/vnd.docker.raw-stream"
MULTIPLEXED_STREAM = "application/vnd.docker.multiplexed-stream"


class Call:
    """What a handler is given. A handler returns the document to answer with, or answers itself and returns None.

    method, path  path without the version
    version   that of the API the client speaks, (1, 51)
    params    what stands in the path: {"id": "web"}
    query     as it stands in the address
    headers   names in lower case
    """

    def __init__(
        self,
        engine: Engine,
        connection: Connection,
        method: str,
        path: str,
        version: tuple[int, int],
        query: dict[str, list[str]],
        headers: dict[str, str],
    ) -> None:
        self.engine = engine
        self.connection = connection
        self.method = method
        self.path = path
        self.version = version
        self.query = query
        self.headers = headers
        self.params: dict[str, str] = {}
        self.body = Body(connection)

    def text(self, name: str, default: str = "") -> str:
        """A parameter, the first of its name."""
        given = self.query.get(name)
        return given[0] if given else default

    def flag(self, name: str, default: bool = False) -> bool:
        """A parameter that is true unless it is empty, 0, no, false or none, as docker has it."""
        given = self.query.get(name)
        return given[0].strip().lower() not in _FALSE if given else default

    def integer(self, name: str, default: int = 0) -> int:
        """A number, the default where there is none or it can't be read, as docker's lenient parameters are."""
        try:
            return int(self.text(name))
        except ValueError:
            return default

    def strict_integer(self, name: str, default: int = 0) -> int:
        """A number. Raises DockerError in Go's words, which docker's engine sends as an error of its own."""
        from dockercompat.spec.number import parse_int

        text = self.text(name)
        try:
            return parse_int(text, function="Atoi") if text else default
        except InvalidParameter as error:
            raise DockerError(str(error)) from None

    def strict_flag(self, name: str) -> bool:
        """A parameter that is true or false in Go's words. Raises InvalidParameter."""
        from dockercompat.spec.number import parse_bool

        text = self.text(name)
        try:
            return parse_bool(text) if text else False
        except InvalidParameter as error:
            raise InvalidParameter(f"invalid value for {name}: {text}: {error}") from None

    def moment_ns(self, name: str) -> int | None:
        """Seconds since 1970 with as much of a fraction as given, in nanoseconds: what docker's clients send.

        Raises  DockerError in Go's words
        """
        from dockercompat.spec.number import parse_int

        text = self.text(name)
        if not text:
            return None
        seconds, _, fraction = text.partition(".")
        try:
            return parse_int(seconds) * 1_000_000_000 + _nanoseconds(fraction)
        except InvalidParameter as error:
            raise DockerError(str(error)) from None

    def filters(self) -> Filters:
        """The parameter `filters`: {"name": ["value"]} or, of old, {"name": {"value": true}}. Raises InvalidParameter."""
        from dockercompat import json

        text = self.text("filters")
        if not text:
            return Filters()
        try:
            given = json.loads(text)
            if given is None:
                given = {}
            if not isinstance(given, dict):
                raise ValueError
            values = {}
            for name, each in given.items():
                words = [] if each is None else list(each) if isinstance(each, (list, dict)) else None
                if words is None or not all(isinstance(word, str) for word in words):
                    raise ValueError
                if isinstance(each, dict) and not all(isinstance(value, bool) for value in each.values()):
                    raise ValueError
                values[name] = words
        except (ValueError, RecursionError):
            raise InvalidParameter("invalid filter") from None
        return Filters(values)

    def document(self, go_type: str, *, required: bool = False) -> Any:
        """The body's document as one of docker's types (bodies.TYPES): of a struct those members that were given; None for null.

        required  there must be a body; else none is None
        Raises    InvalidParameter in docker's words, TooLarge, TooSlow
        """
        from dockercompat.api import decoding

        length = self.headers.get("content-length", "0")
        has_body = "transfer-encoding" in self.headers or length.strip() != "0"
        decoding.check_content_type(self.headers.get("content-type", ""), has_body=has_body)
        if not has_body and not required:
            return None
        return decoding.read_body(self.connection.read_document(), go_type)

    def join(self) -> None:
        """Enter the user's namespaces; every handler is called after it but those that say otherwise."""
        entering.join(self.engine)
        self.connection.on_join()

    def answer(self, value: Any, status: int = 200) -> None:
        """Answer with a document."""
        self.connection.answer(status, to_json(value, for_html=False), JSON)

    def no_content(self, status: int = 204) -> None:
        """Answer without a body."""
        self.connection.answer(status, b"")

    def stream_messages(self, messages: Iterable[dict[str, Any]]) -> None:
        """Answer with docker's messages of progress, one JSON document a line; an error after the first one is the last message."""
        begun = self.connection.has_answered
        try:
            with Watch(self.connection.sock):
                for message in messages:
                    if not begun:
                        self.connection.begin(200, JSON)
                        begun = True
                    self.connection.send_body(message_line(message))
        except DockerError as error:
            if not begun:
                raise
            self.connection.send_body(message_line(error_message(str(error))))
        if not begun:
            self.connection.begin(200, JSON)
        self.connection.end()

    def stream_file(self, content_type: str, headers: Iterable[tuple[str, str]] = ()) -> BodyWriter:
        """A file whose bytes are the answer's body; the answer begins with the first of them."""
        return BodyWriter(self.connection, content_type, headers)

    @property
    def wants_upgrade(self) -> bool:
        return self.headers.get("upgrade", "").lower() == "tcp" and "upgrade" in self.headers.get("connection", "").lower()

    def stream_type(self, *, tty: bool) -> str:
        """The content type of output: multiplexed unless it is a terminal's; older clients know one name for both."""
        return MULTIPLEXED_STREAM if not tty and self.version >= (1, 42) else RAW_STREAM


class BodyWriter:
    """What is written goes to the client, in pieces; `close` ends the answer."""

    def __init__(self, connection: Connection, content_type: str, headers: Iterable[tuple[str, str]]) -> None:
        self._connection = connection
        self._content_type = content_type
        self._headers = headers
        self._begun = False

    def write(self, data: bytes | memoryview) -> int:
        if not self._begun:
            self._connection.begin(200, self._content_type, self._headers)
            self._begun = True
        self._connection.send_body(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Everything has been sent already."""

    def close(self) -> None:
        if not self._begun:
            self.write(b"")
        self._connection.end()


def _nanoseconds(fraction: str) -> int:
    """Of the digits behind the point. Raises InvalidParameter in Go's words."""
    from dockercompat.spec.number import parse_int

    if not fraction:
        return 0
    value = parse_int(fraction)
    places = len(fraction)
    return value * int(10 ** (9 - places)) if places <= 9 else value // int(10 ** (places - 9))


def message_line(message: Mapping[str, Any]) -> bytes:
    """A message of docker's progress streams; one with numbers says them in words, too, as older clients want it."""
    detail = message.get("progressDetail")
    if detail and (words := progress_words(detail.get("current") or 0, detail.get("total") or 0)):
        members = list(message.items())
        place = list(message).index("progressDetail") + 1
        message = dict([*members[:place], ("progress", words), *members[place:]])
    return to_json(message).rstrip(b"\n") + b"\r\n"


def progress_words(current: int, total: int) -> str:
    """How far something is, in bytes: docker's bar of 50 characters and the sizes, "" for nothing yet."""
    from dockercompat.spec.size import human_size

    if current <= 0 and total <= 0:
        return ""
    now = human_size(current).rjust(8)
    if total <= 0:
        return now
    share = min(50, int(current / total * 100) // 2)
    sizes = now if current > total else f"{now}/{human_size(total)}"
    return f"[{'=' * share}>{' ' * (50 - share)}] {sizes}"


def error_message(text: str) -> dict[str, Any]:
    """The last message of a stream that failed."""
    return {"errorDetail": {"message": text}, "error": text}
