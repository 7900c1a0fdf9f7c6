"""Paths in an image as instructions give them."""

from __future__ import annotations

import posixpath


def absolute(path: str, base: str) -> str:
    """A path, absolute and without dots; base is where a relative one begins."""
    joined = posixpath.normpath(posixpath.join(base, path or "."))
    return "/" + joined.lstrip("/")
