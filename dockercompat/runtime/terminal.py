"""A terminal of ours put into raw mode for a container, and its size."""

from __future__ import annotations

import os
import termios
import tty

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class RawTerminal:
    """`with RawTerminal(fd):` keys arrive one by one and unechoed; the old settings come back whatever happens.

    ours  what is read is for this program: Ctrl-C is still a signal, and a line end what it was
    """

    def __init__(self, fd: int | None, *, ours: bool = False) -> None:
        self.fd = fd if fd is not None and os.isatty(fd) else None
        self._ours = ours
        self._saved: list[int | list[bytes | int]] | None = None

    def __enter__(self) -> RawTerminal:
        if self.fd is not None:
            self._saved = termios.tcgetattr(self.fd)
            (tty.setcbreak if self._ours else tty.setraw)(self.fd, termios.TCSADRAIN)
        return self

    def restore(self) -> None:
        """Put the old settings back now."""
        if self.fd is not None and self._saved is not None:
            try:
                termios.tcsetattr(self.fd, termios.TCSADRAIN, self._saved)
            except termios.error:  # it was hung up
                return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.restore()


def size(fd: int) -> tuple[int, int]:
    """(rows, columns) of a terminal; (0, 0) where fd is none."""
    try:
        measured = os.get_terminal_size(fd)
    except OSError:
        return 0, 0
    return measured.lines, measured.columns


def set_size(master_fd: int, rows: int, columns: int) -> None:
    """Give a terminal, by its master end, the size of the window that shows it."""
    import fcntl
    import struct
    import termios

    fcntl.ioctl(master_fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
