"""What a plan's steps say while they are done: a line for each change, or a list that is drawn anew on a terminal.

Source: docker/compose, pkg/progress and cmd/display.
"""

from __future__ import annotations

import json
import shutil
import sys
import time

from dockercompat.compose.apply.runner import ERROR, NOTE
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from dockercompat.compose.plan.step import Step

MODES = ("auto", "tty", "plain", "json", "quiet", "none")
_DRY = " DRY-RUN MODE - "
_ENDS = ("ed", "Healthy", "Running", "Resource is still in use", "Warning")  # words that say that something is over
_GREEN, _RED, _YELLOW, _BLUE, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[34m", "\x1b[0m"


def printer(mode: str, ansi: str, environ: Mapping[str, str], *, title: str, dry: bool) -> Printer:
    """What shows progress in a mode of --progress. Raises ClientError for another word."""
    mode = mode or environ.get("COMPOSE_PROGRESS") or "auto"
    ansi = ansi if ansi not in ("", "auto") else environ.get("COMPOSE_ANSI") or "auto"
    if mode not in MODES:
        raise ClientError(f'unsupported --progress value "{mode}"')
    if mode == "auto":
        mode = "tty" if ansi != "never" and sys.stderr.isatty() and not dry else "plain"
    if mode == "tty":
        return TerminalPrinter(sys.stderr, title)
    if mode == "json":
        return JsonPrinter(sys.stderr, dry=dry)
    return Printer(None if mode in ("quiet", "none") else sys.stderr, dry=dry)


class Printer:
    """A line for each change; none without a stream."""

    def __init__(self, stream: TextIO | None, *, dry: bool = False) -> None:
        self.stream = stream
        self.dry = dry

    def told(self, step: Step, word: str, details: str) -> None:
        """One change of a step, as the runner tells it."""
        if word == NOTE:
            self.say(step.subject, "", details)
        else:
            self.say(step.subject, "Error" if word == ERROR else word, details)

    def say(self, subject: str, word: str, details: str = "") -> None:
        """Something has come to be or begun."""
        if self.stream is not None:
            self._write(f"{_DRY if self.dry else ''} {subject}  {' '.join(filter(None, (word, details)))}\n")

    def _write(self, text: str) -> None:
        assert self.stream is not None
        self.stream.write(text)
        self.stream.flush()

    def close(self) -> None:
        """There is no more to say."""


class JsonPrinter(Printer):
    """An object a line."""

    def say(self, subject: str, word: str, details: str = "") -> None:
        shown: dict[str, object] = {"dry-run": True} if self.dry else {}
        shown |= {"id": subject, "status": word}
        if details:
            shown["text"] = details
        self._write(json.dumps(shown, ensure_ascii=False) + "\n")


class TerminalPrinter(Printer):
    """A list of all that is done, drawn anew with each change: `[+] up 2/3`, and a line for each with its time."""

    def __init__(self, stream: TextIO, title: str) -> None:
        super().__init__(stream)
        self._title = title
        self._rows: dict[str, tuple[str, str, float, float]] = {}  # word, details, begun, ended (0 while it goes on)
        self._drawn = 0

    def say(self, subject: str, word: str, details: str = "") -> None:
        now = time.monotonic()
        old = self._rows.get(subject)
        ended = now if word.endswith(_ENDS) or word == "Error" else 0.0
        if word or old is None:
            self._rows[subject] = (word, details, old[2] if old else now, ended)
        else:
            self._rows[subject] = (old[0], details, old[2], old[3])
        self._draw()

    def _draw(self) -> None:
        columns, lines = shutil.get_terminal_size()
        now = time.monotonic()
        done = sum(1 for row in self._rows.values() if row[3])
        text = f"\x1b[{self._drawn}A" if self._drawn else ""
        text += f"\x1b[?25l\r{_BLUE}[+] {self._title} {done}/{len(self._rows)}{_PLAIN}\x1b[K\n"
        shown = list(self._rows.items())[-(lines - 2) :]
        width = max((len(subject) for subject, _ in shown), default=0)
        for subject, (word, details, begun, ended) in shown:
            mark, colour = ("✘", _RED) if word == "Error" else ("✔", _GREEN) if ended else ("⠿", _YELLOW)
            seconds = f"{(ended or now) - begun:.1f}s"
            room = columns - width - len(word) - len(seconds) - 6
            middle = f" {details}"[: max(0, room)].ljust(max(0, room))
            text += f" {colour}{mark}{_PLAIN} {subject:<{width}} {colour}{word}{_PLAIN}{middle} {_BLUE}{seconds}{_PLAIN}\x1b[K\n"
        self._drawn = len(shown) + 1
        self._write(text + "\x1b[?25h")
