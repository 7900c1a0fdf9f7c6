"""A plan carried out: each step in a process of its own as soon as what it needs is done, as many at once as are allowed.

Processes, for a process acts in the user's namespaces with one thread only.
"""

from __future__ import annotations

import os
import select
import signal
import time

from dockercompat import json
from dockercompat.compose.apply import perform, waiting
from dockercompat.errors import DockerError, sentence
from dockercompat.kernel import syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Protocol

    from dockercompat.compose.door import Door
    from dockercompat.compose.plan.step import Step

    class Listener(Protocol):
        """Who is told what happens.

        every_s  how often it wants tick() to be called while there is something at work; None for never
        told     a step, a word ("Creating"; ERROR, NOTE) and details, whenever something changes
        warned   something that is not as it was wanted, and is not needed
        heard    one of the engine's JSON messages while a step pulls or pushes
        """

        every_s: float | None

        def told(self, step: Step, word: str, details: str) -> None: ...
        def warned(self, text: str) -> None: ...
        def heard(self, step: Step, message: Mapping[str, Any]) -> None: ...
        def tick(self) -> None: ...


ERROR, NOTE = "error", "note"
_CUT_OFF = ("pull", "push", "container.stop", "container.restart")  # what may be left in the middle of its waiting
_LEFT_AS_THEY_ARE = ("container.start", "container.pause", "container.unpause")  # of whose failure nothing is told but the error
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP)
_LOOK_S = 0.1  # how often a container that is waited for is looked at
_READ_BYTES = 1 << 16


class StepFailed(DockerError):
    """A step could not be done. The words have the prefix that they are to have."""

    prefixed = False


class Runner:
    """Carries out the steps of a plan.

    listener  is told of all that changes
    parallel  how many steps at once, 0 for as many as there are
    warned    steps that failed and may (Step.values "ignore_failures", "reported" or not "required"), with what they failed of
    """

    def __init__(self, door: Door, listener: Listener, *, parallel: int = 0) -> None:
        self.door = door
        self.listener = listener
        self.told = listener.told
        self.warned: list[tuple[Step, str]] = []
        self.parallel = parallel
        self._workers: dict[int, _Worker] = {}
        self._waits: list[waiting.Wait] = []
        self._failure: Exception | None = None
        self._done: set[str] = set()

    def run(self, steps: Iterable[Step]) -> None:
        """Do all of them.

        Raises  the first failure, when what had begun then is done; KeyboardInterrupt likewise, but waits are cut off
        """
        left = {step.key: step for step in steps}
        try:
            while left or self._workers or self._waits:
                if self._failure is not None:
                    left.clear()
                    self._waits.clear()
                for step in [each for each in left.values() if not any(need in left or self._is_busy(need) for need in each.needs)]:
                    if step.kind != "container.wait" and self.parallel and len(self._workers) >= self.parallel:
                        break
                    del left[step.key]
                    self._begin(step)
                self._listen()
        except BaseException:
            self._end()
            raise
        if self._failure is not None:
            raise self._failure

    def _is_busy(self, key: str) -> bool:
        return any(each.step.key == key for each in self._workers.values()) or any(each.step.key == key for each in self._waits)

    def _begin(self, step: Step) -> None:
        self.told(step, step.doing, "")
        if step.kind == "container.wait":
            self._waits.append(waiting.Wait(step))
            return
        perform.load(self.door, step.kind)
        self.door.before_fork()
        read_fd, write_fd = os.pipe2(os.O_CLOEXEC)
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        pid = os.fork()
        if pid == 0:
            _work(self.door, step, write_fd)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        os.close(write_fd)
        self._workers[read_fd] = _Worker(step, pid)

    def _listen(self) -> None:
        """Hear from those at work, and look at what is waited for."""
        poller = select.poll()
        for fd in self._workers:
            poller.register(fd, select.POLLIN)
        pause_s = min((each for each in (_LOOK_S if self._waits else None, self.listener.every_s) if each is not None), default=None)
        for fd, _ in poller.poll(None if pause_s is None and self._workers else (pause_s or 0) * 1000):
            worker = self._workers[fd]
            data = os.read(fd, _READ_BYTES)
            worker.buffer += data
            *lines, worker.buffer = worker.buffer.split(b"\n")
            for line in lines:
                self._hear(worker, json.loads(line))
            if not data:
                self._finish(fd, worker)
        self.listener.tick()
        now_s = time.monotonic()
        for wait in [each for each in self._waits if each.look_at_s <= now_s]:
            wait.look_at_s = now_s + _LOOK_S
            self._look(wait)

    def _look(self, wait: waiting.Wait) -> None:
        try:
            word = wait.look(self.door)
        except DockerError as error:
            self._waits.remove(wait)
            if isinstance(error, waiting.NotReady) and not wait.step.values["required"]:
                self.told(wait.step, f"Skipped: {error.skipped}", "")
                self.listener.warned(error.warning)
            else:
                self.told(wait.step, ERROR, error.shown if isinstance(error, waiting.NotReady) else str(error))
                self._fail(error)
            return
        if word:
            self._waits.remove(wait)
            self.told(wait.step, word, "")

    def _hear(self, worker: _Worker, message: Mapping[str, Any]) -> None:
        if "note" in message:
            self.told(worker.step, NOTE, message["note"])
        elif "message" in message:
            self.listener.heard(worker.step, message["message"])
        else:
            worker.answer = message

    def _finish(self, fd: int, worker: _Worker) -> None:
        os.close(fd)
        del self._workers[fd]
        os.waitpid(worker.pid, 0)
        if worker.answer is None and worker.cut_off:
            self.told(worker.step, "Interrupted", "")
            return
        killed: dict[str, Any] = {"error": f"{worker.step.subject}: the process at work was killed"}
        answer = killed if worker.answer is None else worker.answer
        if "error" in answer:
            text = f"{answer.get('prefix', '')}{answer['error']}"
            if worker.step.kind not in _LEFT_AS_THEY_ARE:
                self.told(worker.step, ERROR, answer["error"] if worker.step.kind == "pull" else text)
            self._fail(StepFailed(text))
            return
        if answer.get("word") in ("Error", "Warning"):
            self.warned.append((worker.step, answer["details"]))
        self.told(worker.step, answer.get("word") or worker.step.done, answer.get("details") or "")

    def _fail(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
        for worker in self._workers.values():
            if worker.step.kind == "pull" and not worker.cut_off:  # it goes on where it stopped the next time
                worker.cut_off = True
                os.kill(worker.pid, signal.SIGTERM)

    def _end(self) -> None:
        for fd, worker in list(self._workers.items()):
            os.close(fd)
            del self._workers[fd]
            if worker.step.kind in _CUT_OFF:
                os.kill(worker.pid, signal.SIGTERM)
            os.waitpid(worker.pid, 0)


class _Worker:
    def __init__(self, step: Step, pid: int) -> None:
        self.step, self.pid = step, pid
        self.buffer = b""
        self.cut_off = False
        self.answer: Mapping[str, Any] | None = None


def _work(door: Door, step: Step, write_fd: int) -> None:
    """What the process of a step does. It has the signals of the terminal blocked until they mean nothing to it. Does not return."""
    status = 1
    try:
        os.setpgid(0, 0)  # Ctrl-C is for the one that waits: a step is ended by it, or ends by itself
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        if step.kind in _CUT_OFF:
            syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGTERM)
        else:
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a step that has begun is done, whoever is there to hear of it

        def say(message: Mapping[str, Any]) -> None:
            data = json.dumps(message).encode() + b"\n"
            try:
                while data:
                    data = data[os.write(write_fd, data) :]
            except BrokenPipeError:
                return

        try:
            say(perform.perform(door, step, lambda note: say({"note" if isinstance(note, str) else "message": note})))
            status = 0
        except DockerError as error:
            prefix = "Error response from daemon: " if error.prefixed else ""
            say({"error": str(error), "prefix": prefix})
        except OSError as error:
            say({"error": sentence(error)})
        except Exception as error:
            say({"error": f"internal error: {type(error).__name__}: {error}"})
    finally:
        os._exit(status)
