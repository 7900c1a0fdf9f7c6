"""Helper processes, which outlive the command that started them: how they are found again, and when they are really gone.

A record is a file with the pid, the start time and the name of one. A process that was killed still holds its addresses for some
milliseconds.
"""

from __future__ import annotations

import os

from dockercompat.kernel.process import start_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Iterable
else:
    import _signal as signal  # the module signal makes enumerations of it, which takes 4 ms

RELAY = "pydocker-relay"  # as the relay calls itself once it serves
_PF_EXITING = 4


def record(path: str, name: str, process_id: int = 0) -> None:
    """Leave a record of this process, or another, which is about to become a helper, and no part any more of what started it.

    path  in the engine's runtime directory
    """
    from dockercompat.kernel import cgroup  # most look at records alone

    process_id = process_id or os.getpid()
    cgroup.step_aside(os.path.dirname(path), process_id)
    draft = f"{path}.{os.getpid()}"
    with open(draft, "w", encoding="utf-8") as file:
        file.write(f"{process_id} {start_time(process_id)} {name}\n")
    os.rename(draft, path)


def _read(path: str) -> tuple[int, int, str]:
    try:
        with open(path, encoding="utf-8") as file:
            process_id, started, name = file.read().split()
        return int(process_id), int(started), name
    except (OSError, ValueError):
        return 0, 0, ""


def recorded(path: str) -> int:
    """Pid of the living process that left a record, 0 when there is none."""
    process_id, started, _ = _read(path)
    return process_id if started and start_time(process_id) == started and not _is_ending(process_id) else 0


def recorded_name(path: str) -> str:
    return _read(path)[2]


def was_killed(path: str) -> bool:
    """Whether a process left its record behind; one that is stopped takes it along."""
    return os.path.exists(path) and not recorded(path)


def _unfinished(path: str) -> int:
    process_id, started, _ = _read(path)
    return process_id if started and start_time(process_id) == started else 0


def ending(path: str) -> list[int]:
    """Pids of processes of a record, the stopped one's too, that may be on their way out."""
    return [each for each in (_unfinished(path), _unfinished(_stopped(path))) if each]


def end_strays(run_dir: str, programs: Iterable[str]) -> None:
    """End helpers that serve a runtime directory and that no record names: an earlier version's, or those whose record was lost.

    programs  names of executables, or what they call themselves; one that a record names is not to live any more when this is asked for
    """
    directory = os.fsencode(run_dir)
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        serves = any(word == directory or directory + b"/" in word for word in words[1:])
        if serves and int(entry) != os.getpid() and _goes_by(entry, words[0], programs):
            found.append(int(entry))
            try:
                os.kill(int(entry), signal.SIGKILL)
            except ProcessLookupError:
                continue
    await_end(found)


def _goes_by(entry: str, executable: bytes, programs: Iterable[str]) -> bool:
    if os.fsdecode(os.path.basename(executable)) in programs:
        return True
    try:
        with open(f"/proc/{entry}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip() in programs
    except OSError:
        return False


def stop(path: str) -> None:
    """Kill the process that left a record; what it holds is free a moment later (ending, await_end)."""
    process_id = _unfinished(path)
    try:
        os.rename(path, _stopped(path))
        if process_id:
            os.kill(process_id, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        pass


def _stopped(path: str) -> str:
    return f"{path}.stopped"


def _is_ending(process_id: int) -> bool:
    """Whether a process has ended or is about to: its sockets may still accept, but nobody will answer."""
    try:
        with open(f"/proc/{process_id}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return True
    return fields[0] in (b"Z", b"X") or bool(int(fields[6]) & _PF_EXITING)


def await_end(process_ids: Iterable[int], timeout_s: float = 2.0) -> None:
    """Wait until the processes have ended; those that do not exist are no concern."""
    import select

    for process_id in process_ids:
        try:
            pid_fd = os.pidfd_open(process_id)
        except ProcessLookupError:
            continue
        poller = select.poll()
        poller.register(pid_fd, select.POLLIN)
        poller.poll(timeout_s * 1000)
        os.close(pid_fd)


def take_all_descriptors() -> None:
    """Let this process have as many descriptors as its user may."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
