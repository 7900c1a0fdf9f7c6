"""The output of a project's containers as it comes, and how they end.

The user's own engine: their log files are read in turns by this process. Another engine: a process for each stream.
"""

from __future__ import annotations

import os
import select
import signal
import time

from dockercompat import json
from dockercompat.compose.actual import RUNNING, Container, container_of
from dockercompat.errors import DockerError
from dockercompat.kernel import syscall
from dockercompat.record import Record
from dockercompat.spec import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from dockercompat.compose.door import Door

_TURN_S = 0.03  # between two looks at the files
_NEVER = "0001-"  # how a moment begins that has not come
_STATES_S = 0.1  # between two looks at the containers


class Output(Record):
    """Part of what a container wrote. stream: stdout or stderr."""

    container: Container
    stream: str
    text: bytes


class Ended(Record):
    """A container runs no more; is_gone: it is not there any more, and how it ended is not known."""

    container: Container
    exit_code: int
    is_gone: bool = False


class Begun(Record):
    """A container of the project that was not followed runs now, or one that had ended; that one is followed again."""

    container: Container


class Unreadable(Record):
    """A container whose log can't be read, and why."""

    container: Container
    error: str


class Reading(Record):
    """What is read of each log. since_ns, until_ns: nanoseconds since 1970; tail: -1 for all."""

    tail: int = -1
    since_ns: int | None = None
    until_ns: int | None = None
    timestamps: bool = False
    follow: bool = True


class Follower:
    """Follows containers: iterate over `news`.

    label   of the project's containers ("com.docker.compose.project=web"), among which new ones are looked for
    starts  those that do not run are about to: their output and end are those of the run to come
    """

    def __init__(self, door: Door, label: str, reading: Reading, *, starts: bool = False) -> None:
        self.door, self.label, self.reading, self.starts = door, label, reading, starts
        self.containers: dict[str, Container] = {}
        self._readers: dict[str, _Reader] = {}
        self._looked_s = 0.0
        self._ended: set[str] = set()
        self._read_ns: dict[str, int] = {}  # until when the output of those that ended has been read
        self._awaited: dict[str, str] = {}  # those that do not run yet, and when they last began

    def add(self, container: Container, reading: Reading | None = None) -> None:
        """Follow one more. One that does not run yet is followed from its start."""
        self.containers[container.id] = container
        self._ended.discard(container.id)
        before = None
        if not container.is_running and self.reading.follow and reading is None and self.starts:
            before = self._state(container.id)
            self._awaited[container.id] = str(before.get("StartedAt"))
        self._readers[container.id] = (
            _Elsewhere(self.door, container, reading or self.reading, before)
            if self.door.remote
            else _File(self.door, container, reading or self.reading)
        )

    def begin(self, container: Container) -> None:
        """Follow one that has begun by itself, from where reading ended, or its run before: it may write before its start is noted."""
        since_ns = self._read_ns.pop(container.id, None)
        if since_ns is None or self.door.remote:
            before = str(self._state(container.id).get("FinishedAt") or _NEVER)
            since_ns = None if before.startswith(_NEVER) else clock.parse(before)
        self.add(container, self.reading.replace(since_ns=since_ns, tail=-1))

    def news(self) -> Iterator[Output | Ended | Begun | Unreadable | None]:
        """What happens, None when nothing does for now; ends when nothing is followed any more, or what there was has been read."""
        while True:
            quiet = True
            for container_id, reader in list(self._readers.items()):
                moment_ns = time.time_ns()
                try:
                    pieces, over = reader.take()
                except DockerError as error:
                    del self._readers[container_id]
                    yield Unreadable(self.containers[container_id], str(error))
                    continue
                for stream, text in pieces:
                    quiet = False
                    yield Output(self.containers[container_id], stream, text)
                if over:
                    del self._readers[container_id]
                    self._read_ns[container_id] = moment_ns
            if not self.reading.follow:
                if not self._readers:
                    return
            elif time.monotonic() - self._looked_s > _STATES_S:
                self._looked_s = time.monotonic()
                yield from self._changes()
            if quiet:
                yield None
                self._rest()

    def _rest(self) -> None:
        fds = [reader.fd for reader in self._readers.values() if reader.fd >= 0]
        select.select(fds, [], [], _TURN_S)

    def _changes(self) -> Iterator[Ended | Begun]:
        now = {each.id: each for each in map(container_of, self.door.containers([self.label]))}
        ended: list[tuple[str, Ended]] = []
        for container_id, before in list(self.containers.items()):
            container = now.get(container_id)
            state = container.state if container else "removed"
            if container_id in self._ended:
                if state in RUNNING:
                    assert container is not None
                    self.begin(container)
                    yield Begun(container)
                continue
            reader = self._readers.get(container_id)
            if container_id in self._awaited:
                if state not in RUNNING and str(self._state(container_id).get("StartedAt")) == self._awaited[container_id]:
                    continue
                del self._awaited[container_id]
            if state in RUNNING or state == "created":
                self.containers[container_id] = container or before
                if reader is not None:
                    reader.running = True
                elif container is not None and state in RUNNING and container_id in self._read_ns:  # it has begun before its end was told
                    self.begin(container)
            elif reader is not None:
                reader.running = False  # what it still wrote is read before its end is told
            else:
                self._ended.add(container_id)
                last = self._state(container_id)
                ended.append((str(last.get("FinishedAt")), Ended(container or before, int(last.get("ExitCode") or 0), not last)))
        yield from (each for _, each in sorted(ended, key=lambda each: each[0]))
        for container_id, container in now.items():
            if container_id not in self.containers and container.state in RUNNING:
                yield Begun(container)

    def _state(self, container_id: str) -> dict[str, Any]:
        return _state(self.door, container_id)


def _state(door: Door, container_id: str) -> dict[str, Any]:
    """State of an inspected container, empty for one that is gone."""
    try:
        state: dict[str, Any] = door.verb("container.inspect")(door.engine, container_id)["State"]
        return state
    except DockerError:
        return {}


class _Reader:
    fd = -1
    running = True

    def take(self) -> tuple[list[tuple[str, bytes]], bool]:
        """What has come, as stream and text, and whether nothing more will."""
        raise NotImplementedError


class _File(_Reader):
    """Of the user's own engine."""

    def __init__(self, door: Door, container: Container, reading: Reading) -> None:
        from dockercompat.engine.container import logs

        self._entries = logs.looks(
            door.engine,
            container.id,
            tail=reading.tail,
            since_ns=reading.since_ns,
            until_ns=reading.until_ns,
            follow=reading.follow,
            timestamps=reading.timestamps,
            running=lambda: self.running,
        )

    def take(self) -> tuple[list[tuple[str, bytes]], bool]:
        found: list[tuple[str, bytes]] = []
        for entry in self._entries:
            if entry is None:
                return found, False
            found.append(entry)
            if len(found) >= 1000:
                return found, False
        return found, True


class _Elsewhere(_Reader):
    """Of another engine: a process of its own reads the stream.

    before  its State while it does not run; what it writes from its next start on is read then
    """

    def __init__(self, door: Door, container: Container, reading: Reading, before: Mapping[str, Any] | None) -> None:
        self.fd, write_fd = os.pipe2(os.O_CLOEXEC)
        self._buffer = b""
        self._pid = os.fork()
        if self._pid == 0:
            try:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGKILL)
                _send(door, container, reading if before is None else _from_start(door, container, reading, before), write_fd)
            finally:
                os._exit(0)
        os.close(write_fd)

    def take(self) -> tuple[list[tuple[str, bytes]], bool]:
        if not select.select([self.fd], [], [], 0)[0]:
            return [], False
        data = os.read(self.fd, 1 << 16)
        if not data:
            os.close(self.fd)
            os.waitpid(self._pid, 0)
            self.fd = -1
            return [], True
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        found: list[tuple[str, bytes]] = []
        for line in lines:
            stream, text = json.loads(line)
            found.append((stream, text.encode("latin-1")))
        return found, False


def _from_start(door: Door, container: Container, reading: Reading, before: Mapping[str, Any]) -> Reading:
    """What to read of a container when it has started. docker's engine does not follow the log of one that does not run."""
    from dockercompat.spec import clock

    while (state := _state(door, container.id)) and state.get("StartedAt") == before.get("StartedAt"):
        time.sleep(_TURN_S)
    finished = str(before.get("FinishedAt") or "")
    return reading.replace(tail=-1, since_ns=None if finished.startswith("0001") or not finished else clock.parse(finished))


def _send(door: Door, container: Container, reading: Reading, write_fd: int) -> None:
    verb, load = door.verb("container.logs", "shown_logs"), door.verb("container.state", "load")
    pieces: Iterable[tuple[str, Any]] = verb(
        door.engine,
        load(door.engine, container.id),
        tail=reading.tail,
        since_ns=reading.since_ns,
        until_ns=reading.until_ns,
        follow=reading.follow,
        timestamps=reading.timestamps,
    )
    for stream, text in pieces:
        data = json.dumps([stream, bytes(text).decode("latin-1")]).encode() + b"\n"
        while data:
            data = data[os.write(write_fd, data) :]
