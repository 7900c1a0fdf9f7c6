"""What a build tells of its steps while it goes on."""

from __future__ import annotations

import time

from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Event(Record):
    """What happened to a step, for progress.

    is_error  a log of standard error, where that is kept apart
    kind  start, log, status, done, cached, error, canceled, failed (which the build bears),
          warn (of a step that may have ended), shell (the person gets a shell), tick (time has passed)
    """

    kind: str
    number: int
    name: str = ""
    text: str = ""
    seconds: float = 0.0
    vertex: str = ""
    is_error: bool = False


class Reporter:
    """Numbers steps in the order in which they begin.

    What is told between hold() and go_on() is told then, so that what comes out late can stand where it belongs.
    """

    def __init__(self, report: Callable[[Event], None]) -> None:
        self._report = report
        self._held: list[Event] | None = None
        self.count = 0

    def report(self, event: Event) -> None:
        if self._held is None:
            self._report(event)
        else:
            self._held.append(event)

    def hold(self) -> None:
        self._held = []

    def go_on(self, *first: Event) -> None:
        """Tell these, and then what was held."""
        held, self._held = self._held or [], None
        for event in (*first, *held):
            self._report(event)

    def start(self, name: str, vertex: str = "") -> int:
        self.count += 1
        self.report(Event("start", self.count, name, vertex=vertex))
        return self.count

    def end(self, kind: str, number: int, *, text: str = "", seconds: float = 0.0) -> None:
        self.report(Event(kind, number, text=text, seconds=seconds))

    def step(self, name: str) -> Step:
        """A step that this process does itself: `with reporter.step("[internal] ...") as step: step.log(...)`."""
        return Step(self, name)


class Step:
    """A step while it is done: what leaves the block tells how it ended."""

    def __init__(self, reporter: Reporter, name: str) -> None:
        self.reporter = reporter
        self.name = name

    def __enter__(self) -> Step:
        self.began = time.monotonic()
        self.number = self.reporter.start(self.name)
        self.failed = ""
        return self

    def log(self, text: str) -> None:
        """A line without a time before it."""
        self.reporter.end("status", self.number, text=text)

    def fail(self, text: str) -> None:
        """The step failed, which the build bears."""
        self.failed = text

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        seconds = time.monotonic() - self.began
        if self.failed:
            self.reporter.end("failed", self.number, text=self.failed)
        elif error is None:
            self.reporter.end("done", self.number, seconds=seconds)
        elif isinstance(error, KeyboardInterrupt):
            self.reporter.end("canceled", self.number)
        else:
            self.reporter.end("error", self.number, text=str(error))
