"""Files that a command line names, read as docker's client reads them."""

from __future__ import annotations

from dockercompat.spec.env import go_reason


def content(path: str) -> bytes:
    """A file's bytes. Raises ValueError in Go's words: open PATH: no such file or directory; read PATH: is a directory."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except IsADirectoryError:
        raise ValueError(f"read {path}: is a directory") from None
    except OSError as error:
        raise ValueError(f"open {path}: {go_reason(error)}") from None
