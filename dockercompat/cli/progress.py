"""JSON messages of pull, push, load and import as docker shows them: lines that move on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time

from dockercompat.errors import DockerError
from dockercompat.spec.size import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, TextIO

_BAR_WIDTH = 110  # of a terminal that has room for the bar


class PullProgress:
    """Shows messages one by one on a stream: call it with each, close it at the end."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        self._rows: dict[str, int] = {}
        self._started: dict[str, tuple[float, int]] = {}

    def __call__(self, message: dict[str, Any]) -> None:
        """Show one message."""
        write = self._stream.write
        if "aux" in message:
            return
        name, has_progress = message.get("id", ""), "progressDetail" in message
        detail = message.get("progressDetail") or {}
        if "stream" in message:
            write(message["stream"])
        elif not self._terminal:
            if not detail:
                write(f"{name}: {message['status']}\n" if name else f"{message['status']}\n")
        elif name and has_progress:
            if name not in self._rows:
                self._rows[name] = len(self._rows)
                write("\n")
            up = len(self._rows) - self._rows[name]
            write(f"\x1b[{up}A\x1b[2K\r{name}: {message['status']} {self._bar(name, detail)}\r\x1b[{up}B")
        else:
            self._rows.clear()
            write(f"{name}: {message['status']}\n" if name else f"{message['status']}\n")
        self._stream.flush()

    def close(self) -> None:
        self._stream.flush()

    def _bar(self, name: str, detail: dict[str, Any]) -> str:
        current, total = detail.get("current") or 0, detail.get("total") or 0
        if not total:
            return shown_bar(current, total, 0)
        width = _columns()
        return shown_bar(current, total, width) + (self._time_left(name, current, total) if width > 50 else "")

    def _time_left(self, name: str, current: int, total: int) -> str:
        now = time.monotonic()
        started, first = self._started.get(name, (0.0, total + 1))
        if current < first:
            self._started[name] = (now, current)
            return ""
        elapsed = now - started
        if current <= first or elapsed < 1 or current >= total:
            return ""
        return f" {int(elapsed / (current - first) * (total - current))}s"


def shown_bar(current: int, total: int, columns: int) -> str:
    """How much is done, in bytes: a bar where there is room for it, and numbers. Source: moby, pkg/jsonmessage."""
    if not total:
        return f"{human_size(current):>8}" if current else ""
    share = min(50, int(current / total * 100) // 2)
    bar = f"[{'=' * share}>{' ' * (50 - share)}] " if columns > _BAR_WIDTH else ""
    return bar + (f"{human_size(current):>8}/{human_size(total)}" if current <= total else f"{human_size(current):>8}")


def show(messages: Iterable[dict[str, Any]], stream: TextIO | None = None) -> None:
    """Show all messages of a verb while it works."""
    shown = PullProgress(stream)
    try:
        for message in streamed(messages):
            shown(message)
    finally:
        shown.close()


def exhaust(messages: Iterable[dict[str, Any]]) -> None:
    """Do the work and show nothing (--quiet)."""
    for _ in streamed(messages):
        continue


def streamed(messages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The messages; an error that comes after the first of them is one more message in docker's stream, and has no prefix."""
    begun = False
    try:
        for message in messages:
            begun = True
            yield message
    except DockerError as error:
        if begun:
            error.prefixed = False
        raise


def _columns() -> int:
    try:
        return os.get_terminal_size(1).columns
    except OSError:
        return 200
