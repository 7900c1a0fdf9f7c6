"""What a person at the terminal is asked."""

from __future__ import annotations

import os
import sys


def confirm(question: str) -> bool:
    """Ask on stdout; only y and Y agree."""
    print(f"{question} [y/N] ", end="", flush=True)
    return agrees()


def agrees() -> bool:
    """Whether the next line of standard input is y or Y."""
    return read_line().strip().lower() == "y"


def read_line() -> str:
    """The next line of standard input with its end, "" at its end. An interrupt just before the wait is not lost to it."""
    if sys.stdin.isatty():
        _wait_for_line(sys.stdin.fileno())
    return sys.stdin.readline()


def _wait_for_line(fd: int) -> None:
    """Until a terminal has a line. A handler of Python's runs between its instructions, which a read that has begun keeps waiting."""
    import select
    import signal

    told, telling = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    before = signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
    try:
        while fd not in select.select([fd, told], [], [])[0]:
            os.read(told, 64)
    finally:
        signal.set_wakeup_fd(before, warn_on_full_buffer=False)
        os.close(told)
        os.close(telling)
