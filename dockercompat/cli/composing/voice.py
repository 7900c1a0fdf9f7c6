"""What those who watch files say: to standard output, or, from a process of their own, to the one that shows the containers' output."""

from __future__ import annotations

import contextlib
import os
import sys

from dockercompat import json
from dockercompat.runtime.attach import write_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK = "\x01"  # begins what is no line of text


class Voice:
    """Lines, to a descriptor."""

    def __init__(self, fd: int = 1) -> None:
        self.fd = fd

    def line(self, text: str) -> None:
        sys.stdout.flush()
        write_all(self.fd, f"{text}\n".encode(errors="surrogateescape"))

    def raw(self, data: bytes) -> None:
        """Output of a command."""
        sys.stdout.flush()
        write_all(self.fd, data)

    def busy(self, value: bool) -> None:
        """Containers end, for they are to begin again, or all that were to have begun again."""

    @contextlib.contextmanager
    def of_all(self) -> Iterator[None]:
        """Meanwhile all that this process and those that it begins write are such lines."""
        sys.stdout.flush()
        sys.stderr.flush()
        kept = [os.dup(fd) for fd in (1, 2)]
        try:
            for fd in (1, 2):
                os.dup2(self.fd, fd)
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for fd, old in zip((1, 2), kept):
                os.dup2(old, fd)
                os.close(old)


class Told(Voice):
    """To the other process, which reads with Hearing."""

    def raw(self, data: bytes) -> None:
        self._tell({"raw": data.decode("latin-1")})

    def busy(self, value: bool) -> None:
        self._tell({"busy": value})

    def _tell(self, message: dict[str, object]) -> None:
        self.line(_MARK + json.dumps(message))


class Hearing:
    """The other end. over: there will be no more."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.over = False
        os.set_blocking(fd, False)
        self._buffer = b""

    def take(self) -> Iterator[str | bytes | bool]:
        """Lines, output as it is, and whether containers end to begin again; does not wait."""
        while not self.over:
            try:
                data = os.read(self.fd, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                self.over = True
            *lines, self._buffer = (self._buffer + data).split(b"\n")
            for line in lines:
                text = line.decode(errors="replace")
                if not text.startswith(_MARK):
                    yield text
                    continue
                message = json.loads(text[1:])
                yield message["raw"].encode("latin-1") if "raw" in message else bool(message["busy"])
