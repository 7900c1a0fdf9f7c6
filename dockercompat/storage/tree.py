"""Removing trees; by itself because every command that removes a container needs no more than this."""

from __future__ import annotations

import os


def remove_tree(base: bytes | str, dir_fd: int | None = None) -> None:
    """Remove a directory and all below it, following no symbolic link, whatever the modes of the directories are."""
    fd = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        empty_dir(fd)
    finally:
        os.close(fd)
    os.rmdir(base, dir_fd=dir_fd)


def empty_dir(dir_fd: int) -> None:
    """Remove all that is below a directory."""
    with os.scandir(dir_fd) as found:
        entries = list(found)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            try:
                remove_tree(entry.name, dir_fd)
            except PermissionError:  # one's own directory without its owner's rights, outside of a user namespace
                os.chmod(entry.name, 0o700, dir_fd=dir_fd)
                remove_tree(entry.name, dir_fd)
        else:
            try:
                os.unlink(entry.name, dir_fd=dir_fd)
            except PermissionError:
                os.fchmod(dir_fd, 0o700)
                os.unlink(entry.name, dir_fd=dir_fd)
