"""The shortcuts of `up` in front of a terminal: a line below the output, and the keys.

Source: docker/compose v2.40.3, cmd/formatter/shortcut.go; the shortcuts to Docker Desktop are not there without it.
"""

from __future__ import annotations

import os
import select
import time

from dockercompat.runtime.attach import write_all
from dockercompat.runtime.terminal import RawTerminal, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_KEY, _FAINT, _BOLD_CYAN, _PLAIN = "\x1b[1;38;2;0;0;0;48;2;255;255;255m", "\x1b[2m", "\x1b[36;1m", "\x1b[0m"
_ERROR_S = 10  # how long a mistake is shown
_SAVE, _RESTORE, _ERASE_BELOW, _ERASE_LINE = "\x1b7", "\x1b8", "\r\x1b[J", "\x1b[2K"


def is_wanted(options: Any, environ: Mapping[str, str]) -> bool:
    """Whether there is a menu: on a terminal, in its foreground, unless --menu or COMPOSE_MENU says no."""
    if options.given("menu"):
        asked = bool(options.menu)
    else:
        asked = environ.get("COMPOSE_MENU", "").lower() not in ("0", "f", "false", "n", "no", "off")
    if not asked or environ.get("TERM") == "dumb" or not (os.isatty(0) and os.isatty(1)):
        return False
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


class Menu:
    """The line and the keys; `close` gives the terminal back.

    is_watching  whether `w` turns watching off
    """

    def __init__(self, is_watching: Callable[[], bool]) -> None:
        self._is_watching = is_watching
        self._terminal = RawTerminal(0, ours=True)
        self._terminal.__enter__()
        self._error, self._error_until_s = "", 0.0
        self._is_open = True

    def key(self) -> str:
        """The key that has been pressed, "" when none has; does not wait."""
        if self._error and time.monotonic() > self._error_until_s:
            self._error = ""
            self.draw()
        if not self._is_open or not select.select([0], [], [], 0)[0]:
            return ""
        return os.read(0, 64)[:1].decode("ascii", "replace")

    def fail(self, what: str, message: str) -> None:
        """Show for a while what went wrong."""
        self._error = f"{_BOLD_CYAN}{what} →{_PLAIN}  {message}"
        self._error_until_s = time.monotonic() + _ERROR_S
        self.draw()

    def draw(self) -> None:
        write_all(1, self.around(b""))

    def around(self, data: bytes) -> bytes:
        """Output, whole lines of it, with the menu taken away before and shown again after it."""
        if not self._is_open:
            return data
        return _ERASE_BELOW.encode() + data + self._text().encode()

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            write_all(1, _ERASE_BELOW.encode())
            self._terminal.restore()

    def _text(self) -> str:
        """Room below the cursor, then the last lines of the terminal; the cursor is where it was."""
        rows = size(1)[0] or 24
        word = "Disable" if self._is_watching() else "Enable"
        lines = [*([self._error] if self._error else []), f"{_KEY}w{_PLAIN}{_FAINT} {word} Watch{_PLAIN}"]
        room = len(lines) + 1
        shown = "".join(f"\x1b[{rows - len(lines) + 1 + number};1H{_ERASE_LINE}{line}" for number, line in enumerate(lines))
        return "\n" * room + f"\x1b[{room}A\r{_SAVE}{shown}{_RESTORE}"
