"""What signals do to the program itself: what they do to docker's client, which is written in Go."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from types import FrameType
else:
    import _signal as signal  # the module signal makes enumerations of it, which takes as long as the rest of a start

FORCED = "\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n"
_UNHEARD = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM, signal.SIGVTALRM, signal.SIGIO, signal.SIGPWR)  # Go takes them and does nothing
_NOT_PROXIED = (signal.SIGCHLD, signal.SIGPIPE, signal.SIGURG, signal.SIGKILL, signal.SIGSTOP, signal.SIGWINCH)
_POLITE = (signal.SIGINT, signal.SIGTERM)
_ENDING = (*_POLITE, signal.SIGHUP, signal.SIGQUIT)
_MOST = 3  # so many SIGINT or SIGTERM end the program whatever it is doing
_QUIT_STATUS = 2


class Told(KeyboardInterrupt):
    """A signal says to end; status is what to exit with."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


def install() -> None:
    """Let SIGINT, SIGTERM and SIGQUIT unwind the program as an exception, so that terminals are put back and work begun is undone."""
    owner = os.getpid()

    def told(number: int, frame: FrameType | None) -> None:
        if os.getpid() != owner:  # a child that goes on in this program's code ends as any process does
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        raise Told(_QUIT_STATUS if number == signal.SIGQUIT else 128 + number)

    for number in (*_POLITE, signal.SIGQUIT):
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, told)
    for number in _UNHEARD:
        signal.signal(number, _nothing)


class Held:
    """While it is entered, SIGINT, SIGTERM and SIGQUIT are kept until check() is called, which raises what they raise otherwise.

    For loops over generators: one that an exception comes into is over, and what it had read is lost.
    """

    def __enter__(self) -> Held:
        self._came = 0
        self._before = {number: signal.getsignal(number) for number in (*_POLITE, signal.SIGQUIT)}
        for number in self._before:
            signal.signal(number, self._keep)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if kind is None:
            self.check()

    def check(self) -> None:
        """Raises Told if a signal has come."""
        if self._came:
            raise Told(_QUIT_STATUS if self._came == signal.SIGQUIT else 128 + self._came)

    def _keep(self, number: int, frame: FrameType | None) -> None:
        self._came = self._came or number


def _nothing(number: int, frame: FrameType | None) -> None:
    return


class Proxy:
    """Passes the signals that this process gets on to a container; those that come before it exists are kept for it.

    passes    False: none is passed on; SIGINT and SIGTERM do not end the program either, until the third of them
    on_first  called at the first SIGINT or SIGTERM
    leaves    the first SIGINT or SIGTERM ends the program, with status 0, and the container goes on
    """

    def __init__(self, *, passes: bool = True, on_first: Callable[[], None] | None = None, leaves: bool = False) -> None:
        self._target: int | Callable[[int], None] = 0
        self._kept: list[int] = []
        self._passes = passes
        self._on_first = on_first
        self._leaves = leaves
        self._polite_count = 0
        for number in signal.valid_signals() if passes else _POLITE:
            if number not in _NOT_PROXIED and number < signal.SIGRTMIN:
                try:
                    signal.signal(number, self._take)
                except OSError:
                    continue

    @property
    def ended_early(self) -> int:
        """The status to exit with because a signal that ends a program came before there was a container, or 0."""
        return next((128 + number for number in self._kept if number in _ENDING), 0)

    def aim(self, target: int | Callable[[int], None]) -> None:
        """The container's first process exists now: its pid, or what sends it a signal."""
        self._target = target
        kept, self._kept = self._kept, []
        for number in kept:  # a process that has only just begun catches nothing yet, and as pid 1 would miss it for good
            self._pass(signal.SIGKILL if number in _ENDING else number)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if number in _POLITE:
            self._polite_count += 1
            if self._leaves:
                raise Told(0)
            if self._polite_count == 1 and self._on_first is not None:
                self._on_first()
            if self._polite_count >= _MOST:
                os.write(2, FORCED.encode())
                raise Told(1)
        if self._target:
            self._pass(number)
        else:
            self._kept.append(number)

    def _pass(self, number: int) -> None:
        try:
            if not self._passes:
                return
            if isinstance(self._target, int):
                os.kill(self._target, number)
            else:
                self._target(number)
        except OSError:
            return
