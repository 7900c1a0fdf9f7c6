"""Output of several containers in one stream, each line with the container's name before it, as `logs` and an attached `up` show it.

Source: docker/compose, cmd/formatter/logs.go.
"""

from __future__ import annotations

import sys

from dockercompat.runtime.attach import write_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockercompat.cli.composing.menu import Menu

_LINE_ANEW = "\r\x1b[K"  # before what is said of a container's end: also where no terminal is, as docker compose does
_COLOURS = ("36", "33", "32", "35", "34", "36;1", "33;1", "32;1", "35;1", "34;1")
WATCH, _WATCH_COLOUR = "#watch", "92"  # a name that counts for the width of the column


class Lines:
    """Writes lines of containers.

    names   the containers' names, as far as they are known: the column is as wide as the longest
    prefix  False for bare lines
    colour  whether each container has a colour of its own
    apart   what they wrote to stderr goes to stderr; False: all goes to stdout
    """

    menu: Menu | None = None  # stands below what is written

    def __init__(self, names: Iterable[str], *, prefix: bool = True, colour: bool = False, apart: bool = True) -> None:
        self._prefix, self._colour = prefix, colour
        self._errors_fd = 2 if apart else 1
        self._colours: dict[str, str] = {}
        self._rests: dict[tuple[str, str], bytes] = {}
        self._width = 0
        for name in names:
            self.know(name)

    def know(self, name: str) -> None:
        """A container that may write."""
        self._width = max(self._width, len(name) + 1)

    def write(self, name: str, stream: str, text: bytes) -> None:
        """Part of a container's output; only whole lines are shown."""
        key = name, stream
        *lines, rest = (self._rests.pop(key, b"") + text).split(b"\n")
        if rest:
            self._rests[key] = rest
        if lines:
            before = self._before(name)
            self._put(self._errors_fd if stream == "stderr" else 1, b"".join(before + line + b"\n" for line in lines))

    def flush(self, name: str) -> None:
        """A container has ended: what it left without a line end is shown."""
        for key in [each for each in self._rests if each[0] == name]:
            self._put(self._errors_fd if key[1] == "stderr" else 1, self._before(name) + self._rests.pop(key) + b"\n")

    def say(self, text: str, name: str = "") -> None:
        """A line of our own among the others; one that is about a container has its colour."""
        self._put(1, (self._coloured(name, f"{_LINE_ANEW}{text}\n") if name else f"{text}\n").encode())

    def watch(self, text: str) -> None:
        """A line of those who watch files."""
        self.know(WATCH)
        mark = " " * (self._width + 1) + "⦿ "
        self.say((f"\x1b[{_WATCH_COLOUR}m{mark}\x1b[0m" if self._colour else mark) + text)

    def raw(self, data: bytes) -> None:
        """Output of a command, as it is."""
        self._put(1, data)

    def _before(self, name: str) -> bytes:
        if not self._prefix:
            return b""
        return self._coloured(name, f"{name:<{self._width}} | ").encode()

    def _coloured(self, name: str, text: str) -> str:
        if not self._colour:
            return text
        colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
        return f"\x1b[{colour}m{text}\x1b[0m"

    def _put(self, fd: int, data: bytes) -> None:
        sys.stdout.flush()
        write_all(fd, self.menu.around(data) if self.menu is not None else data)
