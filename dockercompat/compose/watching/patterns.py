"""Patterns of files that `develop.watch` and ignore files name, matched against absolute paths.

Source: docker/compose, pkg/watch/dockerignore.go and ephemeral.go.
"""

from __future__ import annotations

import os
import re

from dockercompat.build.solving.ignore import Matcher, read_lines
from dockercompat.errors import BuildFailed, ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

# What editors, and tools that look how files are made, leave for a moment; and git's own directory.
_LEFTOVERS = (
    "**/.git", "**/.idea", "**/*___jb_old___", "**/*___jb_tmp___", "**/.#*", "**/#*#", "**/4913", "**/*~",
    "**/.*.swp", "**/.*.swx", "**/.*.swo", "**/.*.swn", "**/.*.kate-swp", "**/*-go-tmp-umask",
)  # fmt: skip


class Patterns:
    """Patterns that count from a directory; those that begin with / from the host's root.

    Raises ClientError for one that is malformed
    """

    def __init__(self, directory: str, lines: Iterable[str]) -> None:
        lines = [line.strip() for line in lines]
        if "*" in lines:  # docker compose lets only what is taken back count then: the line is there for a build's context
            lines = [line for line in lines if line.startswith("!")]
        base = re.sub(r"([\\*?\[\]])", r"\\\1", directory)
        try:
            self._matcher = Matcher([_absolute(base, line) for line in lines if line])
        except BuildFailed as error:
            raise ClientError(str(error).removeprefix("failed to solve: ")) from None
        self._directories: dict[str, tuple[bool, ...]] = {}  # which patterns match them: siblings ask for the same

    def match(self, path: str) -> bool:
        """Whether a path, or a directory that it is in, is meant."""
        return self._look(path.strip("/"))[0]

    def _look(self, path: str) -> tuple[bool, tuple[bool, ...]]:
        above = path.rpartition("/")[0]
        if above and above not in self._directories:
            self._directories[above] = self._look(above)[1]
        return self._matcher.ignores_below(path, self._directories.get(above, ()))

    def match_all(self, directory: str) -> bool:
        """Whether everything in a directory is meant."""
        return self.match(directory) and not self._matcher.may_take_back(directory.strip("/"))


def _absolute(base: str, line: str) -> str:
    taken_back = "!" if line.startswith("!") else ""
    pattern = line.removeprefix("!").strip()
    joined = os.path.normpath(pattern if pattern.startswith("/") else os.path.join(base, pattern))
    return taken_back + (joined.strip("/") or ".")


def leftovers() -> Patterns:
    """What no rule is about."""
    return Patterns("/", _LEFTOVERS)


def of_build(build: Mapping[str, Any] | None) -> Patterns:
    """The ignore file of a build's context: the Dockerfile's own, or .dockerignore. Raises ClientError when it can't be read."""
    context = os.path.realpath((build or {}).get("context") or "/")
    for name in (f"{(build or {}).get('dockerfile') or 'Dockerfile'}.dockerignore", ".dockerignore") if build else ():
        try:
            with open(os.path.join(context, name), "rb") as file:
                return Patterns(context, read_lines(file.read()))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ClientError(f"open {error.filename}: {(error.strerror or '').lower()}") from None
    return Patterns(context, ())
