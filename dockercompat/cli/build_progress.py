"""What a build shows while it runs: BuildKit's plain lines, its live display on a terminal, the classic builder's steps, or nothing."""

from __future__ import annotations

import sys
import time

from dockercompat.build.request import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from dockercompat.build.dockerfile.lint import Finding
    from dockercompat.build.planning.graph import Plan
    from dockercompat.build.request import Source
    from dockercompat.build.solving.report import Event
    from dockercompat.errors import BuildFailed

_LOG_KEPT = 200
_TERM_LINES = 6


class Display(Listener):
    """Keeps what an error message needs; shows nothing (quiet)."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.source: Source | None = None
        self.names: dict[int, str] = {}
        self.logs: dict[int, list[str]] = {}
        self.failed = 0
        self.findings: tuple[Finding, ...] = ()

    def planned(self, made: Plan) -> None:
        self.findings = made.findings

    def see(self, source: Source) -> None:
        self.source = source

    def report(self, event: Event) -> None:
        if event.kind == "start":
            self.names[event.number] = event.name
        elif event.kind == "log":
            kept = self.logs.setdefault(event.number, [])
            kept += [f"{event.seconds:.3f} {line}" for line in event.text.split("\n")]
            del kept[:-_LOG_KEPT]
        elif event.kind == "error" and not self.failed:
            self.failed = event.number
        if event.kind == "shell":
            self.hand_over(self.names[event.number])
            return
        self.show(event)

    def show(self, event: Event) -> None:
        """Show one event."""

    def hand_over(self, name: str) -> None:
        """A shell gets the terminal."""
        self.stream.write(f"\nA shell where this failed: {name}\nWhat is changed here is thrown away; exit ends it.\n")
        self.stream.flush()

    def finish(self) -> None:
        """No more events come."""

    def warnings(self, findings: tuple[Finding, ...] = ()) -> str:
        """What the build checks found, as it stands under the steps: yellow on a terminal and elsewhere."""
        from dockercompat.build.dockerfile.lint import as_found

        findings = self.findings or findings
        count = len(findings)
        if not count:
            return ""
        rows = "".join(f" - {each.rule}: {each.message} (line {each.lines[0]})\n" for each in as_found(findings))
        return f"\n \x1b[33m{count} warning{'s' if count > 1 else ''} found (use docker --debug to expand):\n\x1b[0m{rows}"

    def error_summary(self, *places: tuple[int, int]) -> str:
        """The step that failed with its last output, and the Dockerfile around the instructions at these lines."""
        text = ""
        if self.failed:
            text += f"------\n > {self.names[self.failed]}:\n"
            text += "".join(f"{line}\n" for line in self.logs.get(self.failed, ()))
            text += "------\n"
        return text + "".join(map(self.error_excerpt, places))

    def error_excerpt(self, lines: tuple[int, int]) -> str:
        """The Dockerfile around an instruction, "" where no place is known."""
        return excerpt(self.source.name, self.source.lines, lines) if lines[0] and self.source is not None else ""


def excerpt(name: str, source: tuple[str, ...], lines: tuple[int, int]) -> str:
    """Lines of a Dockerfile around an instruction, those of the instruction marked."""
    first, last = lines
    count = len(source)
    if first < 1 or first > count:
        return ""
    start, end = first, min(last, count)
    padding = 4 if start == end else 2
    added = 0
    while added < padding:
        if start > 1:
            start -= 1
            added += 1
        if end != count:
            end += 1
            added += 1
        added += 1
    body = "".join(
        f" {number:3d} | {'>>>' if first <= number <= last else '   '} {source[number - 1]}\n" for number in range(start, end + 1)
    )
    return f"{name}:{first}\n--------------------\n{body}--------------------\n"


class Plain(Display):
    """A line for everything, each step under its number; a step that another one interrupts goes on under `#N ...`."""

    def __init__(self, stream: TextIO, builder: str = "default") -> None:
        super().__init__(stream)
        self.builder = builder
        self.current = 0
        self.ended: set[int] = set()
        self.any = False

    def _switch(self, number: int) -> None:
        if number == self.current:
            return
        if self.current and self.current not in self.ended:
            self.stream.write(f"#{self.current} ...\n")
        if not self.any:
            self.stream.write(f'#0 building with "{self.builder}" instance using docker driver\n')
        self.stream.write("\n")
        self.any = True
        name = self.names[number]
        self.stream.write(f"#{number} {name}\n")
        self.current = number

    def show(self, event: Event) -> None:
        if event.kind == "tick":
            self.stream.flush()
            return
        self._switch(event.number)
        prefix = f"#{event.number} "
        if event.kind == "log":
            for line in event.text.split("\n"):
                self.stream.write(f"{prefix}{event.seconds:.3f} {line}\n")
        elif event.kind == "status":
            self.stream.write(f"{prefix}{event.text}\n")
        elif event.kind == "warn":
            self.stream.write(f"{prefix}WARN: {event.text}\n")
        elif event.kind == "done":
            self.stream.write(f"{prefix}DONE {event.seconds:.1f}s\n")
        elif event.kind == "cached":
            self.stream.write(f"{prefix}CACHED\n")
        elif event.kind in ("error", "failed"):
            self.stream.write(f"{prefix}ERROR: {event.text}\n")
        elif event.kind == "canceled":
            self.stream.write(f"{prefix}CANCELED\n")
        if event.kind in ("done", "cached", "error", "failed", "canceled"):
            self.ended.add(event.number)

    def finish(self) -> None:
        self.stream.flush()


class Terminal(Display):
    """A display that is drawn anew: steps with their times, the last lines of those that run."""

    def __init__(self, stream: TextIO, width: int, height: int, builder: str = "default") -> None:
        super().__init__(stream)
        self.builder = builder
        self.width = max(width, 40) - 1
        self.height = max(height, 10)
        self.began = time.monotonic()
        self.starts: dict[int, float] = {}
        self.ends: dict[int, tuple[str, float]] = {}
        self.notes: dict[int, list[str]] = {}
        self.drawn = 0
        self.last = 0.0

    def show(self, event: Event) -> None:
        now = time.monotonic()
        if event.kind == "start":
            self.starts[event.number] = now
        elif event.kind == "status":
            self.notes.setdefault(event.number, []).append(event.text.removesuffix(" done"))
        elif event.kind in ("done", "cached", "error", "failed", "canceled"):
            self.ends[event.number] = (event.kind, event.seconds or now - self.starts.get(event.number, now))
        if now - self.last >= 0.08:
            self._draw(done=False)

    def finish(self) -> None:
        self._draw(done=True)

    def hand_over(self, name: str) -> None:
        self._draw(done=False)
        self.drawn = 0
        super().hand_over(name)

    def _draw(self, *, done: bool) -> None:
        self.last = time.monotonic()
        elapsed = self.last - self.began
        head = f"[+] Building {elapsed:.1f}s ({len(self.ends)}/{len(self.names)})"
        head += " FINISHED" if done else ""
        lines = [head + f"docker:{self.builder}".rjust(self.width - len(head))]
        for number, name in self.names.items():
            kind, seconds = self.ends.get(number, ("", self.last - self.starts[number]))
            mark = "CACHED " if kind == "cached" else "ERROR " if kind in ("error", "failed") else "CANCELED " if kind == "canceled" else ""
            lines.append(self._row(f" => {mark}{name}", seconds, kind))
            lines += [self._row(f" => => {note}", 0.0, kind) for note in self.notes.get(number, ())]
            if not kind:
                room = self.width - 10
                lines += [f"\x1b[2m => => # {text[:room]}\x1b[0m" for text in self.logs.get(number, ())[-_TERM_LINES:]]
        if not done:
            lines = lines[:1] + lines[1:][-(self.height - 2) :]
        up = f"\x1b[{self.drawn}A" if self.drawn else ""
        self.stream.write(up + "".join(f"\r\x1b[2K{line}\n" for line in lines) + "\x1b[J")
        self.stream.flush()
        self.drawn = len(lines)

    def _row(self, text: str, seconds: float, kind: str) -> str:
        right = f"{seconds:.1f}s"
        room = self.width - len(right) - 1
        text = text if len(text) <= room else text[: room - 3] + "..."
        colour = {"done": "\x1b[34m", "cached": "\x1b[34m", "error": "\x1b[31m", "canceled": "\x1b[33m"}.get(kind, "")
        line = f"{text:<{room}} {right}"
        return f"{colour}{line}\x1b[0m" if colour else line


class Recorded(Display):
    """Another display, with a plain copy of what it was told."""

    def __init__(self, inner: Display) -> None:
        import io

        self.inner = inner
        self.text = io.StringIO()
        self.plain = Plain(self.text)
        self.vertexes: set[int] = set()
        self.cached = 0
        super().__init__(inner.stream)
        self.tells_streams = inner.tells_streams

    def report(self, event: Event) -> None:
        if event.kind == "start" and event.vertex:
            self.vertexes.add(event.number)
        elif event.kind == "cached":
            self.cached += 1
        self.inner.report(event)
        if event.kind != "shell":
            self.plain.report(event)

    def see(self, source: Source) -> None:
        super().see(source)
        self.inner.see(source)

    def planned(self, made: Plan) -> None:
        super().planned(made)
        self.inner.planned(made)

    def built(self, image_id: str) -> None:
        self.inner.built(image_id)

    def stopped(self, error: BuildFailed) -> None:
        self.inner.stopped(error)

    def finish(self) -> None:
        self.inner.finish()

    def warnings(self, findings: tuple[Finding, ...] = ()) -> str:
        return self.inner.warnings(findings)

    def error_summary(self, *places: tuple[int, int]) -> str:
        return self.inner.error_summary(*places)


class RawJson(Display):
    """BuildKit's own records of progress (SolveStatus), a JSON object a line: vertexes, statuses, logs."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.vertexes: dict[int, dict[str, object]] = {}

    def show(self, event: Event) -> None:
        if event.kind == "tick":
            self.stream.flush()
            return
        from hashlib import sha256

        now = _moment()
        if event.kind == "start":
            digest = "sha256:" + (event.vertex or sha256(f"{event.number} {event.name}".encode()).hexdigest())
            self.vertexes[event.number] = {"digest": digest, "name": event.name, "started": now}
            self._write("vertexes", self.vertexes[event.number])
            return
        vertex = self.vertexes[event.number]
        if event.kind == "log":
            import base64

            data = base64.b64encode(f"{event.text}\n".encode("utf-8", "surrogateescape")).decode()
            self._write("logs", {"vertex": vertex["digest"], "stream": 1, "data": data, "timestamp": now})
        elif event.kind == "warn":
            import base64

            self._write("warnings", {"vertex": vertex["digest"], "level": 1, "short": base64.b64encode(event.text.encode()).decode()})
        elif event.kind == "status":
            done = event.text.endswith(" done")
            status: dict[str, object] = {"id": event.text.removesuffix(" done"), "vertex": vertex["digest"], "current": 0}
            status.update({"timestamp": now, "started": now, **({"completed": now} if done else {})})
            self._write("statuses", status)
        else:
            vertex["completed"] = now
            if event.kind == "cached":
                vertex["cached"] = True
            if event.kind in ("error", "failed", "canceled"):
                vertex["error"] = event.text or "context canceled"
            self._write("vertexes", vertex)

    def _write(self, kind: str, record: dict[str, object]) -> None:
        from dockercompat import json

        self.stream.write(json.dumps({kind: [record]}, separators=(",", ":")) + "\n")


def _moment() -> str:
    from dockercompat.spec import clock

    return clock.format_ns(time.time_ns())


class Classic(Display):
    """The classic builder's steps on standard output."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        from dockercompat.build.classic import Steps

        self._steps = Steps(stream.write)
        self.tells_streams = True

    def planned(self, made: Plan) -> None:
        super().planned(made)
        self._steps.planned(made)
        self.stream.flush()

    def show(self, event: Event) -> None:
        self._steps.report(event)
        self.stream.flush()

    def finish(self) -> None:
        self.stream.flush()

    def built(self, image_id: str) -> None:
        self._steps.built(image_id)

    def stopped(self, error: BuildFailed) -> None:
        self._steps.stopped(error)

    def see(self, source: Source) -> None:
        super().see(source)
        self._steps.see(source)


def choose(progress: str, *, quiet: bool, classic: bool, builder: str = "default") -> Display:
    """The display that is asked for, "auto" being the live one on a terminal. builder: the name it goes by."""
    if quiet or progress in ("quiet", "none"):
        return Display(sys.stderr)
    if classic:
        return Classic(sys.stdout)
    if progress == "rawjson":
        return RawJson(sys.stderr)
    if progress == "tty" or (progress == "auto" and sys.stderr.isatty()):
        import shutil

        size = shutil.get_terminal_size()
        return Terminal(sys.stderr, size.columns, size.lines, builder)
    return Plain(sys.stderr, builder)
