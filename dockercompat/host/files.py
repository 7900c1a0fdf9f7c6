"""Whole files: read where they may be missing, and put in another's place at once, so that a reader finds the old one or the new."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO


def read_text(path: str) -> str:
    """A file's text, "" when it can't be read; bytes that are not UTF-8 are replaced."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def replace(path: str, fill: Callable[[BinaryIO], object], *, mode: int = 0o600, synced: bool = True) -> None:
    """Write a file beside a path and rename it there; where fill raises, nothing has happened.

    path    not a link: one would be replaced, not followed
    fill    writes the content into the file that it is handed
    synced  wait until the content is on the disk
    Raises  OSError, and what fill raises
    """
    temporary = os.path.join(os.path.dirname(path), f".tmp-{os.path.basename(path)}{os.urandom(4).hex()}")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            if mode != 0o600:
                os.fchmod(fd, mode)
            fill(file)
            file.flush()
            if synced:
                os.fsync(fd)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
