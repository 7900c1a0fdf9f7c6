"""The log of a build as the builder before BuildKit wrote it: `Step 1/4 : FROM ...`, ` ---> Using cache`."""

from __future__ import annotations

from dockercompat.build.request import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dockercompat.build.planning.graph import Plan
    from dockercompat.build.solving.report import Event


class Steps(Listener):
    """Writes the instructions in their order, each with its output, whatever order they are carried out in.

    write  takes each piece of text
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._steps: tuple[tuple[str, str], ...] = ()
        self._at = 0
        self._numbers: dict[str, int] = {}
        self._ends: dict[int, str] = {}
        self._texts: dict[int, list[str]] = {}
        self._headed = False

    def planned(self, made: Plan) -> None:
        self._steps = made.steps
        self._go_on()

    def report(self, event: Event) -> None:
        if event.kind == "start" and event.vertex:
            self._numbers[event.vertex] = event.number
        elif event.kind == "log":
            self._texts.setdefault(event.number, []).append(event.text)
        elif event.kind in ("done", "cached", "error", "failed", "canceled"):
            self._ends[event.number] = event.kind
        if self._steps:
            self._go_on()

    def _go_on(self) -> None:
        while self._at < len(self._steps):
            text, vertex = self._steps[self._at]
            if not self._headed:
                self._write(f"Step {self._at + 1}/{len(self._steps)} : {text}\n")
                self._headed = True
            number = self._numbers.get(vertex, 0)
            if vertex:
                for log in self._texts.pop(number, ()):
                    self._write(log + "\n")
                end = self._ends.get(number, "")
                if not end:
                    break
                if end == "cached" and not text.upper().startswith("FROM "):
                    self._write(" ---> Using cache\n")
                if end in ("error", "canceled"):
                    break
            self._write(f" ---> {(vertex or _digest(text, self._at))[:12]}\n")
            self._at += 1
            self._headed = False


def _digest(text: str, number: int) -> str:
    import hashlib

    return hashlib.sha256(f"{number} {text}".encode()).hexdigest()
