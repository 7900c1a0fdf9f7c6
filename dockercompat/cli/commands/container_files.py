"""Handlers of what reads and writes a container's files: cp, diff, export, commit."""

from __future__ import annotations

import os
import stat
import sys

from dockercompat.errors import ClientError, InvalidReference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def copy(invocation: Invocation) -> None:
    from dockercompat.cli.copying import copy_files

    copy_files(invocation)


def diff(invocation: Invocation) -> None:
    from dockercompat.cli.listing import changes as listing

    verb = invocation.verb("container.changes")

    if not invocation.args[0]:
        raise ClientError("Container name cannot be empty")
    invocation.join()
    sys.stdout.write(listing.render(verb(invocation.engine, invocation.args[0])))


def export(invocation: Invocation) -> None:
    verb = invocation.verb("container.export")
    from dockercompat.host import files

    output: str = invocation.options.output
    if not output:
        if os.isatty(1):
            raise ClientError("cowardly refusing to save to a terminal. Use the -o flag or redirect")
        invocation.join()
        sys.stdout.flush()
        verb(invocation.engine, invocation.args[0], sys.stdout.buffer)
        return
    _check_output(output)
    invocation.join()
    files.replace(output, lambda file: verb(invocation.engine, invocation.args[0], file))


def _check_output(path: str) -> None:
    """Raise in the client's words when no file can be put there by renaming."""
    directory = os.path.dirname(path)
    if directory and directory not in (".", ".."):
        try:
            missing = "" if stat.S_ISDIR(os.stat(directory).st_mode) else "not a directory"
        except OSError as error:
            missing = (error.strerror or "").lower()
        if missing:
            raise ClientError(f"failed to export container: invalid output path: stat {directory}: {missing}")
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    kinds = {
        stat.S_IFDIR: "to a directory",
        stat.S_IFLNK: "to a symbolic link directly",
        stat.S_IFIFO: "to a named pipe (FIFO)",
        stat.S_IFSOCK: "to a socket",
        stat.S_IFCHR: "to a character device file",
        stat.S_IFBLK: "to a block device file",
    }
    kind = kinds.get(stat.S_IFMT(mode))
    if kind:
        raise ClientError(f"failed to export container: cannot write {kind}")


def commit(invocation: Invocation) -> None:
    print(committed(invocation))


def committed(invocation: Invocation) -> str:
    """Carry out `commit`; the id of the image."""
    verb = invocation.verb("container.commit")
    from dockercompat.spec.reference import parse

    options = invocation.options
    repository = invocation.args[1] if len(invocation.args) > 1 else ""
    if repository:
        try:
            reference = parse(repository)
        except InvalidReference as error:
            raise ClientError(str(error)) from None
        if reference.digest:
            raise ClientError("refusing to create a tag with a digest reference")
    invocation.join()
    made: str = verb(
        invocation.engine,
        invocation.args[0],
        repository,
        author=options.author,
        message=options.message,
        changes=options.change,
        pause=bool(options.pause) and not options.no_pause,
    )
    return made
