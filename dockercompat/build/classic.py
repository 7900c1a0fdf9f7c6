"""The log of a build as the builder before BuildKit wrote it: `Step 1/4 : FROM ...`, ` ---> Using cache`."""

from __future__ import annotations

from dockercompat.build.planning.graph import ImageOp
from dockercompat.build.request import Listener
from dockercompat.errors import NoBaseImage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dockercompat.build.planning.graph import Plan
    from dockercompat.build.request import Source
    from dockercompat.build.solving.report import Event
    from dockercompat.errors import BuildFailed


_WITHOUT_CONTAINER = ("FROM", "COPY", "ADD")
_FREE_ARGS = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")


class Steps(Listener):
    """Writes the instructions in their order, each with its output, whatever order they are carried out in.

    An instruction that only changes the config shares the fate of the step before it, or, first in its stage, of the one after it: there
    is no image between the two.

    write      takes each piece of text
    removes    says that a step's container is gone; removes_failed: that of the step that failed, too
    has_begun  the Dockerfile has been read
    """

    tells_streams = True

    def __init__(self, write: Callable[[str], object], *, removes: bool = True, removes_failed: bool = False) -> None:
        self._write = write
        self._removes = removes
        self._removes_failed = removes_failed
        self._steps: tuple[tuple[str, str], ...] = ()
        self._at = 0
        self._numbers: dict[str, int] = {}
        self._ends: dict[int, str] = {}
        self._texts: dict[int, list[str]] = {}
        self._images: dict[str, str] = {}  # the ID of a base image by its vertex
        self._args: frozenset[str] = frozenset()
        self._headed = False
        self._running = False
        self._cached = False  # the step before was
        self._in_stage = False
        self.has_begun = False

    def see(self, source: Source) -> None:
        self.has_begun = True
        self._dockerfile = "\n".join(source.lines).encode()

    def planned(self, made: Plan) -> None:
        self._steps = made.steps
        self._args = made.args
        self._images = {vertex.digest: vertex.op.image_id for vertex in made.graph if isinstance(vertex.op, ImageOp)}
        self._go_on()

    def report(self, event: Event) -> None:
        if event.kind == "start" and event.vertex:
            self._numbers[event.vertex] = event.number
        elif event.kind == "log":
            text = event.text + "\n"
            self._texts.setdefault(event.number, []).append(f"\x1b[91m{text}\x1b[0m" if event.is_error else text)
        elif event.kind in ("done", "cached", "error", "failed", "canceled"):
            self._ends[event.number] = event.kind
        if self._steps:
            self._go_on()

    def built(self, image_id: str) -> None:
        """The image that the last step made is known."""
        if self._headed:
            self._write(f" ---> {image_id.rpartition(':')[2][:12]}\n")

    def unused(self, names: Iterable[str]) -> list[str]:
        """Those of these build arguments that nothing declares."""
        return sorted(name for name in names if name not in self._args and name.upper() not in _FREE_ARGS)

    def stopped(self, error: BuildFailed) -> None:
        """Go on to the step that failed, past those that nobody waited for."""
        if isinstance(error, NoBaseImage):
            self._tell_base(error.lines)
        for at in range(self._at, len(self._steps)):
            vertex = self._steps[at][1]
            if vertex and self._ends.get(self._numbers.get(vertex, 0)) == "error":
                if at != self._at:
                    self._skip_to(at)
                if self._running and self._removes_failed:
                    self._write(f" ---> Removed intermediate container {self._container(self._steps[at][0])}\n")
                return

    def _tell_base(self, lines: tuple[int, int]) -> None:
        """The FROM of these lines: that its image was not to be had showed itself before there was a plan."""
        from dockercompat.build.dockerfile import reading

        source = reading.load(self._dockerfile)
        texts = [(each.text, each.lines) for each in source.global_args]
        for stage in source.stages:
            texts += [(stage.text, stage.lines), *((each.text, each.lines) for each in stage.instructions)]
        for number, (text, where) in enumerate(texts, 1):
            if where == lines:
                self._write(f"Step {number}/{len(texts)} : {text}")
                self._write("\n")

    def _skip_to(self, at: int) -> None:
        text, vertex = self._steps[self._at]
        if self._headed and text.partition(" ")[0].upper() == "FROM":
            self._tell_image(text, vertex)
        self._at = at
        self._in_stage = True
        self._headed = self._running = False
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
                if self._at + 1 == len(self._steps):
                    self._at += 1
                    break
                self._tell_image(text, vertex)
            self._at += 1
            self._headed = self._running = False

    def _tell_image(self, text: str, vertex: str) -> None:
        words = text.split()
        if len(words) > 1 and words[0].upper() == "FROM" and words[1] == "scratch":
            self._write(" ---> \n")
            return
        image_id = self._images.get(vertex, "").rpartition(":")[2]
        self._write(f" ---> {(image_id or vertex or _digest(text, self._at))[:12]}\n")

    def _carry_out(self, word: str, text: str, vertex: str) -> bool:
        """Tell of an instruction as far as it is; whether it has ended well."""
        end = "cached" if self._cached else "done"
        if vertex:
            number = self._numbers.get(vertex, 0)
            logs, end = self._texts.pop(number, []), self._ends.get(number, "")
            if logs or end not in ("", "cached"):
                self._run(word, text)
            for log in logs:
                self._write(log)
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
