"""The log of a build as the builder before BuildKit wrote it: `Step 1/4 : FROM ...`, ` ---> Using cache`."""

from __future__ import annotations

from dockercompat.build.request import Listener

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dockercompat.build.planning.graph import Plan
    from dockercompat.build.solving.report import Event


_WITHOUT_CONTAINER = ("FROM", "COPY", "ADD")


class Steps(Listener):
    """Writes the instructions in their order, each with its output, whatever order they are carried out in.

    An instruction that only changes the config shares the fate of the step before it, or, first in its stage, of the one after it: there
    is no image between the two.

    write    takes each piece of text
    removes  says that a step's container is gone
    """

    def __init__(self, write: Callable[[str], object], *, removes: bool = True) -> None:
        self._write = write
        self._removes = removes
        self._steps: tuple[tuple[str, str], ...] = ()
        self._at = 0
        self._numbers: dict[str, int] = {}
        self._ends: dict[int, str] = {}
        self._texts: dict[int, list[str]] = {}
        self._headed = False
        self._running = False
        self._cached = False  # the step before was
        self._in_stage = False

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
            word = text.partition(" ")[0].upper()
            if not self._headed:
                self._write(f"Step {self._at + 1}/{len(self._steps)} : {text}")
                self._write("\n")
                self._headed = True
            if word == "FROM":
                self._in_stage, self._cached = True, False
            if self._in_stage:
                if not self._carry_out(word, text, vertex):
                    break
                self._write(f" ---> {(vertex or _digest(text, self._at))[:12]}\n")
            self._at += 1
            self._headed = self._running = False

    def _carry_out(self, word: str, text: str, vertex: str) -> bool:
        """Tell of an instruction as far as it is; whether it has ended well."""
        end = "cached" if self._cached else "done"
        if vertex:
            number = self._numbers.get(vertex, 0)
            logs, end = self._texts.pop(number, []), self._ends.get(number, "")
            if logs or end not in ("", "cached"):
                self._run(word, text)
            for log in logs:
                self._write(log + "\n")
            if end in ("", "error", "canceled"):
                return False
            self._cached = end == "cached" and word != "FROM"
        if self._cached:
            self._write(" ---> Using cache\n")
        elif word not in _WITHOUT_CONTAINER:
            if not vertex and (fate := self._next_end()) is None:
                return False
            if not vertex and fate == "cached":
                self._write(" ---> Using cache\n")
                return True
            self._run(word, text)
            if self._removes:
                self._write(f" ---> Removed intermediate container {self._container(text)}\n")
        return True

    def _next_end(self) -> str | None:
        """How the next step of this stage ends that files are made by; "" where there is none, None while that is open."""
        for text, vertex in self._steps[self._at + 1 :]:
            if text.partition(" ")[0].upper() == "FROM":
                return ""
            if vertex:
                number = self._numbers.get(vertex, 0)
                end = self._ends.get(number, "")
                return end or ("" if self._texts.get(number) else None)
        return ""

    def _run(self, word: str, text: str) -> None:
        if not self._running and word not in _WITHOUT_CONTAINER:
            self._write(f" ---> Running in {self._container(text)}\n")
            self._running = True

    def _container(self, text: str) -> str:
        return _digest(f"container {text}", self._at)[:12]


def _digest(text: str, number: int) -> str:
    import hashlib

    return hashlib.sha256(f"{number} {text}".encode()).hexdigest()
