"""The service: one process keeps a few others ready, and every connection gets one of them to itself.

A verb of the engine is written for a process that does one thing; so no two requests share a thread or namespaces, a crash takes one
connection along, and nothing that one client did stays behind. The first process holds no state and never speaks to a client: killed,
it costs the open connections and nothing else. Those that wait have everything loaded, have joined the user's namespaces and have the
database open, so that a connection costs no fork; see api/worker.py.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING

from dockercompat.api import listening, worker
from dockercompat.api.processes import Board

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dockercompat.api.tls import Files
    from dockercompat.engine.engine import Engine

MOST_CONNECTIONS = 1000
_SPARE = 2  # processes that wait for a client
_SPARE_MOST = 4  # more than these leave again
_TICK_S = 3
_QUIET_S = 30
_PRELOADED = """
engine.container.list engine.container.inspect engine.container.create engine.container.start engine.container.stop
engine.container.remove engine.container.waiting engine.container.exec_sessions engine.container.logs engine.container.owners
engine.container.size engine.image.list engine.image.inspect engine.image.ensure engine.image.durable engine.network.list
engine.network.attach engine.mending engine.volume.list engine.volume.users engine.system.version engine.tending
storage.driver storage.changes spec.filter spec.number spec.clock
api.handlers.containers api.handlers.container_streams api.handlers.system api.handlers.execs api.handlers.images
api.handlers.networks api.handlers.volumes api.decoding
"""


class Service:
    """A service and the sockets it listens on.

    listeners  sockets that listen already
    idle_s     leave after this long without a connection, 0 for never
    tls        what clients on TCP are checked with
    is_needed  asked before it leaves: whether it has to stay nevertheless
    close      called when it has made up its mind to leave, so that nobody else can come: who has come until then is still served
    is_open    every local client is served: whoever can't be let in does not reach the socket
    """

    def __init__(
        self,
        engine: Engine,
        listeners: Sequence[socket.socket],
        *,
        idle_s: float = 0,
        tls: Files | None = None,
        is_needed: Callable[[], bool] | None = None,
        close: Callable[[], None] | None = None,
        is_open: bool = False,
    ) -> None:
        self.engine = engine
        self.listeners = list(listeners)
        self.idle_s = idle_s
        self.tls = tls
        self._is_needed = is_needed or (lambda: False)
        self._close = close
        self._is_open = is_open
        self._board = Board(MOST_CONNECTIONS)
        self._slots: dict[int, int] = {}  # pid -> slot
        self._told_to_end = False
        self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._leave = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._judge, self._asking = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._failures = 0

    def run(self) -> None:
        """Serve until nobody comes any more, or a signal ends it."""
        _preload()
        signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        for listener in self.listeners:
            listener.setblocking(False)
        self._board.touch()
        poller = select.poll()
        poller.register(self._wake[0], select.POLLIN)
        poller.register(self._judge, select.POLLIN)
        while not self._told_to_end:
            self._fill()
            if ready := [fd for fd, _ in poller.poll(self._patience_ms())]:
                if self._judge.fileno() in ready:
                    listening.judge(self._judge)
                if self._wake[0] in ready:
                    os.read(self._wake[0], 4096)
                self._reap()
            elif self._is_idle() and self._dismiss():
                return
            self._shrink()

    def _fill(self) -> None:
        """Have enough processes wait; all places taken, clients wait in the queue of the socket."""
        while self._board.count(Board.WAITS) < _SPARE and (slot := self._board.free_slot()) >= 0:
            self._board.set(slot, Board.WAITS)
            if self._failures:
                time.sleep(min(0.05 * self._failures, 2))
            try:
                pid = os.fork()
            except OSError as error:  # too many processes: those who come wait until one ends
                self._board.set(slot, Board.NONE)
                print(f"pydocker: fork: {error.strerror}", file=sys.stderr, flush=True)
                return
            if pid == 0:
                judge = None if self._is_open else self._asking
                place = worker.Place(self._board, slot, self._wake[1], self._leave[0], _SPARE, judge, self.tls)
                worker.run(self.engine, self.listeners, place)
            self._slots[pid] = slot

    def _patience_ms(self) -> int | None:
        waiting = self._board.count(Board.WAITS)
        limits = [float(_TICK_S)] if waiting > _SPARE_MOST else [float(_QUIET_S)] if waiting > _SPARE else []
        if self.idle_s and self._board.count(Board.SERVES):
            limits.append(self.idle_s)  # who has served and waits again says nothing
        elif self.idle_s:
            limits.append(self._board.touched_s + self.idle_s - time.monotonic())
        return max(1, int(min(limits) * 1000) + 1) if limits else None

    def _is_idle(self) -> bool:
        quiet_s = time.monotonic() - self._board.touched_s
        return bool(self.idle_s) and not self._board.count(Board.SERVES) and quiet_s >= self.idle_s

    def _dismiss(self) -> bool:
        """Send those who wait away. False when one has got a client meanwhile, or the service has to stay."""
        if self._is_needed():
            self._board.touch()
            return False
        os.write(self._leave[1], b"l" * len(self._slots))
        deadline = time.monotonic() + 5
        while self._slots and not self._board.count(Board.SERVES) and time.monotonic() < deadline:
            time.sleep(0.002)
            self._reap()
        try:
            os.read(self._leave[0], MOST_CONNECTIONS)
        except BlockingIOError:
            pass
        return not self._slots and not self._has_late_clients()

    def _has_late_clients(self) -> bool:
        """Whether somebody has come at the last moment. Where the sockets are systemd's, it starts another service for them."""
        if self._close is None:
            return False
        self._close()
        poller = select.poll()
        for listener in self.listeners:
            poller.register(listener, select.POLLIN)
        if not poller.poll(0):
            return False
        self._board.touch()
        return True

    def _shrink(self) -> None:
        """The longer nobody has come, the fewer wait."""
        quiet_s = time.monotonic() - self._board.touched_s
        surplus = self._board.count(Board.WAITS) - (_SPARE if quiet_s >= _QUIET_S else _SPARE_MOST)
        if surplus > 0 and quiet_s >= _TICK_S:
            os.write(self._leave[1], b"l" * surplus)

    def _end(self, number: int, frame: object) -> None:
        self._told_to_end = True

    def _reap(self) -> None:
        while self._slots:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                pid, status = 0, 0
            if not pid:
                return
            slot = self._slots.pop(pid, -1)
            if slot >= 0:
                if self._board.is_serving(slot):
                    self._board.touch()
                self._failures = self._failures + 1 if os.waitstatus_to_exitcode(status) == worker.NOT_READY else 0
                self._board.set(slot, Board.NONE)


def _preload() -> None:
    """Load what most requests need before the first fork, and let the others share it."""
    from importlib import import_module

    for name in _PRELOADED.split():
        import_module(f"dockercompat.{name}")
    for name in ("sqlite3", "http", "email", "encodings.idna"):
        import_module(name)
    gc.collect()
    gc.freeze()
