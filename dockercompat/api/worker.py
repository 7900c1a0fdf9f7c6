"""A process of the service: it waits for a client, serves that one connection, and ends with it.

One that has answered with documents alone (lists, inspect and their like) leaves nothing behind and takes the next client.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from typing import TYPE_CHECKING

from dockercompat.api import dispatch, listening
from dockercompat.api.http import ClientGone, Connection
from dockercompat.api.processes import end_with_parent
from dockercompat.engine import entering
from dockercompat.kernel import holder
from dockercompat.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.api.processes import Board
    from dockercompat.api.tls import Files
    from dockercompat.engine.engine import Engine

NOT_READY = 3  # exit status: it could not begin
_CONNECTIONS = 500  # that one process serves before it makes room for a fresh one


class Place(Record):
    """A worker's place in its service.

    slot      its byte on the board
    wake_fd   written to when too few others wait
    leave_fd  a byte in it sends one away
    spare     how many should wait
    judge     whom to ask for a client's user, None where it does not matter; see api/listening.py
    """

    board: Board
    slot: int
    wake_fd: int
    leave_fd: int
    spare: int
    judge: socket.socket | None
    tls: Files | None


def run(engine: Engine, listeners: Sequence[socket.socket], place: Place) -> None:
    """Serve in this process, which ends here."""
    status = NOT_READY
    try:
        parent = os.getppid()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        end_with_parent(parent)
        guard_fd = _get_ready(engine)
        end_with_parent(parent)
        _take_clients(engine, listeners, place, parent, guard_fd)
        status = 0
    except (ClientGone, KeyboardInterrupt):
        status = 0
    except BaseException as error:
        import traceback

        status = 1 if status == 0 else status
        traceback.print_exception(error, file=sys.stderr)
    finally:
        _leave(status)


def _leave(status: int) -> None:
    try:
        sys.stderr.flush()
    finally:
        os._exit(status)


def _get_ready(engine: Engine) -> int:
    """Do beforehand what every request would wait for, if the user's namespaces are there; a descriptor that is readable when they end."""
    engine.paths.make()
    if not holder.pid(engine.paths.run_dir):
        return -1
    entering.join(engine)
    engine.db.one("SELECT 1 FROM containers LIMIT 1")
    return holder_fd(engine)


def holder_fd(engine: Engine) -> int:
    """A descriptor that is readable when the holder has ended, -1 when none lives."""
    pid = holder.pid(engine.paths.run_dir)
    try:
        return os.pidfd_open(pid) if pid else -1
    except OSError:
        return -1


def _take_clients(engine: Engine, listeners: Sequence[socket.socket], place: Place, parent: int, guard_fd: int) -> None:
    board = place.board
    database = _identity(engine)
    poller = select.epoll()
    by_fd = {listener.fileno(): listener for listener in listeners}
    for fd in by_fd:
        poller.register(fd, select.EPOLLIN | select.EPOLLEXCLUSIVE)  # one client wakes one of us
    for fd in (place.leave_fd, *([guard_fd] if guard_fd >= 0 else [])):
        poller.register(fd, select.EPOLLIN)
    for _ in range(_CONNECTIONS):
        client = None
        while client is None:
            ready = [fd for fd, _ in poller.poll()]
            if guard_fd in ready:
                return
            for fd in ready:
                if fd in by_fd and client is None:
                    client = _accept(by_fd[fd], place.judge)
            if client is None and place.leave_fd in ready and _is_sent_away(place.leave_fd):
                return  # a client goes first: whoever was woken for it was woken alone
        board.set(place.slot, board.SERVES)
        board.touch()
        if board.count(board.WAITS) < place.spare:
            _wake(place.wake_fd)
        if guard_fd < 0 or _identity(engine) != database:  # the store was made, or made anew, meanwhile
            engine.paths.make()
            engine.db.close()
        engine.forget_settings()
        connection = serve(engine, client, tls=place.tls, guard_fd=guard_fd, listeners=listeners, parent=parent)
        board.touch()
        if not connection.leaves_nothing or guard_fd < 0:
            return
        client.close()
        board.set(place.slot, board.WAITS)


def _identity(engine: Engine) -> tuple[int, int]:
    try:
        status = os.stat(engine.paths.db_path)
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino


def _is_sent_away(fd: int) -> bool:
    try:
        return bool(os.read(fd, 1))
    except BlockingIOError:
        return False


def _wake(fd: int) -> None:
    try:
        os.write(fd, b"w")
    except BlockingIOError:
        pass


def _accept(listener: socket.socket, judge: socket.socket | None) -> socket.socket | None:
    try:
        client, _ = listener.accept()
    except OSError:  # another one was quicker, or the client has left
        return None
    if judge is None or listening.is_ours(client) or (holder.joined() and listening.ask(judge, client)):
        return client
    client.close()
    return None


def serve(
    engine: Engine,
    client: socket.socket,
    *,
    tls: Files | None = None,
    guard_fd: int = -1,
    listeners: Sequence[socket.socket] = (),
    parent: int = 0,
) -> Connection:
    """Answer one client until it goes.

    listeners  closed when the connection turns out to be more than a question and an answer
    """
    client.setblocking(True)
    plain = client
    if client.family != socket.AF_UNIX:
        from dockercompat.api import tls as pump

        if tls is None:
            raise ClientGone
        plain = pump.behind(client, tls)
    connection = Connection(plain, dispatch.HEADERS)
    connection.guard_fd = guard_fd

    def begin_to_last() -> None:
        for listener in listeners:
            listener.close()

    def has_joined() -> None:
        if parent:
            end_with_parent(parent)
        if connection.guard_fd < 0:
            connection.guard_fd = holder_fd(engine)

    connection.on_last = begin_to_last
    connection.on_join = has_joined
    connection.leaves_nothing = plain is client
    try:
        dispatch.serve(engine, connection)
        connection.part()
    except (ClientGone, KeyboardInterrupt):
        connection.leaves_nothing = False
    return connection
