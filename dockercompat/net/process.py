"""Processes on their way out: a helper that was killed still holds its addresses for some milliseconds."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PF_EXITING = 4


def is_ending(process_id: int) -> bool:
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
