"""Work in another network namespace by a thread, while the process stays in its own."""

from __future__ import annotations

import _thread
import os

from dockercompat.kernel import syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Made = TypeVar("Made")


def within(netns_fd: int, work: Callable[[], Made]) -> Made:
    """What work returns when a thread does it that has joined a network namespace: sockets belong to where they were made.

    Raises  whatever work raises
    """

    def enter() -> Made:
        syscall.setns(netns_fd, syscall.CLONE_NEWNET)
        return work()

    return _by_thread(enter)


def make(work: Callable[[], object]) -> int:
    """Make a network namespace, do some first work in it, and return a descriptor of it; it ends with the last one."""

    def found() -> int:
        syscall.unshare(syscall.CLONE_NEWNET)
        work()
        return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    return _by_thread(found)


def _by_thread(work: Callable[[], Made]) -> Made:
    made: list[Made] = []
    failed: list[BaseException] = []
    running = _thread.allocate_lock()

    def run() -> None:
        try:
            made.append(work())
        except BaseException as error:
            failed.append(error)
        finally:
            running.release()

    running.acquire()
    _thread.start_new_thread(run, ())
    running.acquire()
    if failed:
        raise failed[0]
    return made[0]
