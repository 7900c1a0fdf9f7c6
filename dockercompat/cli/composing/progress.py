"""What a plan's steps say while they are done: a line for each change, or a list that is drawn anew on a terminal.

Source: docker/compose v2.40.3, pkg/progress.
"""

from __future__ import annotations

import time

from dockercompat import json
from dockercompat.cli.composing import events
from dockercompat.cli.composing.events import DONE, FAILED, WARNED, WORKING
from dockercompat.cli.composing.settings import warn
from dockercompat.errors import ClientError
from dockercompat.spec.size import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, TextIO

    from dockercompat.cli.composing.events import Event
    from dockercompat.compose.plan.step import Step

MODES = ("auto", "tty", "plain", "json", "quiet", "none")
_DRY = " DRY-RUN MODE - "
_GREEN, _RED, _YELLOW, _BLUE, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[34m", "\x1b[0m"
_MARKS = {DONE: ("✔", _GREEN), WARNED: ("!", _YELLOW), FAILED: ("✘", _RED)}
_SPINNER, _FILLS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "⠀⡀⣀⣄⣤⣦⣶⣷⣿"  # the last: a layer's share, empty to full
_DRAW_S = 0.1  # how often a list moves, and the most often that it is drawn


def printer(mode: str, ansi: str, environ: Mapping[str, str], stream: TextIO, *, title: str, dry: bool) -> Printer:
    """What shows progress in a mode of --progress. Raises ClientError for another word."""
    mode = mode or environ.get("COMPOSE_PROGRESS") or "auto"
    ansi = ansi if ansi not in ("", "auto") else environ.get("COMPOSE_ANSI") or "auto"
    if mode not in MODES:
        raise ClientError(f'unsupported --progress value "{mode}"')
    if mode == "auto":
        mode = "tty" if (ansi == "always" or (ansi != "never" and stream.isatty())) and not dry else "plain"
    if mode == "tty":
        return TerminalPrinter(stream, title)
    if mode == "json":
        return JsonPrinter(stream, dry=dry)
    return Printer(None if mode in ("quiet", "none") else stream, dry=dry)


class Printer:
    """A line for each change; none without a stream. It listens to a Runner."""

    every_s: float | None = None

    def __init__(self, stream: TextIO | None, *, dry: bool = False) -> None:
        self.stream = stream
        self.dry = dry

    def told(self, step: Step, word: str, details: str) -> None:
        """One change of a step, as the runner tells it."""
        self._tell(events.of_step(step, word, details))

    def warned(self, text: str) -> None:
        """Something is not as it was wanted, and is not needed."""
        warn(text)

    def heard(self, step: Step, message: Mapping[str, Any]) -> None:
        """One of the engine's messages while it pulls or pushes."""
        self._tell(events.of_message(step, message))

    def tick(self) -> None:
        """Some of every_s has gone by."""

    def say(self, subject: str, word: str, details: str = "") -> None:
        """Something has come to be or begun."""
        self.show(events.of_word(subject, word, details))

    def show(self, event: Event) -> None:
        self._write(f"{_DRY if self.dry else ''} {event.subject} {event.text} {event.status}\n")

    def close(self) -> None:
        """There is no more to say."""

    def _tell(self, event: Event | None) -> None:
        if event is not None:
            self.show(event)

    def _write(self, text: str) -> None:
        if self.stream is not None:
            self.stream.write(text)
            self.stream.flush()


class JsonPrinter(Printer):
    """An object a line."""

    def show(self, event: Event) -> None:
        shown: dict[str, object] = {"dry-run": True} if self.dry else {}
        values = (event.subject, event.parent, event.text, event.status, event.current, event.total, event.percent)
        names = ("id", "parent_id", "text", "status", "current", "total", "percent")
        shown |= {name: value for name, value in zip(names, values) if value}
        self._write(json.dumps(shown, ensure_ascii=False, separators=(",", ":")) + "\n")


class TerminalPrinter(Printer):
    """A list of all that is done, drawn anew while it changes: `[+] Running 2/3`, and a line for each with its time."""

    every_s = _DRAW_S

    def __init__(self, stream: TextIO, title: str) -> None:
        super().__init__(stream)
        self._title = title
        self._rows: dict[tuple[str, str], _Row] = {}
        self._drawn, self._drawn_s = 0, 0.0

    def show(self, event: Event) -> None:
        now_s = time.monotonic()
        row = self._rows.setdefault((event.parent, event.subject), _Row(event, now_s))
        row.event = event
        row.ended_s = 0.0 if event.state == WORKING else row.ended_s or now_s
        if now_s - self._drawn_s >= _DRAW_S:
            self._draw(now_s)

    def tick(self) -> None:
        now_s = time.monotonic()
        if self._rows and now_s - self._drawn_s >= _DRAW_S:
            self._draw(now_s)

    def close(self) -> None:
        if self._rows:
            self._draw(time.monotonic())
        self._rows.clear()
        self._drawn = 0

    def _draw(self, now_s: float) -> None:
        import shutil  # 3 ms, for a terminal alone

        columns, lines = shutil.get_terminal_size()
        rows = self._shown(lines - 2)
        done = sum(1 for row in self._rows.values() if row.event.state != WORKING)
        colour = _BLUE if done == len(self._rows) else ""
        text = f"\x1b[{self._drawn}A" if self._drawn else ""
        text += f"\x1b[?25l\r{colour}[+] {self._title} {done}/{len(self._rows)}{_PLAIN}\x1b[K\n"
        named = [(row, self._name(row)) for row in rows]
        width = max((_wide(name) for row, name in named if not row.event.parent), default=0)
        for row, name in named:
            text += _line(row, name, width, columns, now_s)
        text += "\x1b[K\n" * (self._drawn - len(rows) - 1) + (f"\x1b[{self._drawn - len(rows) - 1}A" if self._drawn > len(rows) + 1 else "")
        self._drawn, self._drawn_s = len(rows) + 1, now_s
        self._write(text + "\x1b[?25h")

    def _shown(self, room: int) -> Sequence[_Row]:
        """What there are lines for: all with their layers below them, or else those that go on, rather than those that are done."""
        tops = [row for row in self._rows.values() if not row.event.parent]
        below = {row.event.subject: self._layers(row) for row in tops}
        if len(self._rows) <= room:
            return [each for row in tops for each in (row, *below[row.event.subject])]
        if len(tops) <= room:
            return tops
        going = [row for row in tops if row.event.state == WORKING][: max(1, room)]
        done = [row for row in tops if row.event.state != WORKING][len(going) - room :] if len(going) < room else []
        return [*done, *going]

    def _layers(self, row: _Row) -> list[_Row]:
        return [each for each in self._rows.values() if each.event.parent == row.event.subject]

    def _name(self, row: _Row) -> str:
        """The first column of a row; of a pull that goes on, with how far its layers are."""
        event = row.event
        layers = [each.event for each in self._layers(row)] if not event.parent and event.state == WORKING else []
        if not layers:
            return f"{event.subject} {event.text}"
        fills = "".join(_FILLS[each.percent * (len(_FILLS) - 1) // 100] for each in layers)
        row.total = max(row.total, sum(each.total for each in layers))
        current = sum(each.current for each in layers)
        sizes = f" {human_size(current):>7} / {human_size(row.total):<7}" if row.total and current else ""
        return f"{event.subject} [{_GREEN}{fills}{_PLAIN}]{sizes} {event.text}"


class _Row:
    def __init__(self, event: Event, begun_s: float) -> None:
        self.event, self.begun_s, self.ended_s, self.total = event, begun_s, 0.0, 0


def _wide(name: str) -> int:
    return len(name.replace(_GREEN, "").replace(_PLAIN, ""))


def _line(row: _Row, name: str, width: int, columns: int, now_s: float) -> str:
    event = row.event
    spin = _SPINNER[int((now_s - row.begun_s) / _DRAW_S) % len(_SPINNER)]
    mark, colour = _MARKS.get(event.state, (spin, _YELLOW))
    time_text = f"{(row.ended_s or now_s) - row.begun_s:.1f}s "
    pad = "  " if event.parent else ""
    status = (
        f"{human_size(event.current)}/{human_size(event.total)}"
        if event.parent and event.total and event.state == WORKING
        else event.status
    )
    if event.parent and event.state != WORKING:
        status = ""
    left = len(pad) + 4 + max(_wide(name), width)
    status = " ".join(status.split("\n"))[: max(0, columns - left - len(time_text) - 1)]
    fill = " " * max(0, columns - left - len(status) - len(time_text))
    padding = " " * (width - _wide(name))
    return f"{pad} {colour}{mark}{_PLAIN} {name}{padding} {colour}{status}{_PLAIN}{fill}{_BLUE}{time_text}{_PLAIN}\x1b[K\n"
