"""What a project's services want done when files change: the rules of their `develop.watch`.

Source: compose-spec, develop.md; docker/compose, pkg/compose/watch.go.
"""

from __future__ import annotations

import os
import posixpath

from dockercompat.compose.watching import patterns
from dockercompat.compose.watching.patterns import Patterns
from dockercompat.errors import ClientError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

REBUILD, SYNC, RESTART, SYNC_RESTART, SYNC_EXEC = "rebuild", "sync", "restart", "sync+restart", "sync+exec"
_SYNCS = (SYNC, SYNC_RESTART, SYNC_EXEC)


class Rule(Record):
    """One item of a service's `develop.watch`.

    path     absolute, links resolved
    target   where it is in the containers, "" where nothing is synced
    include  what alone counts, None for everything
    ignored  what never counts
    hook     what is run after a sync
    initial  synced once before watching begins
    """

    service: str
    action: str
    path: str
    target: str
    include: Patterns | None
    ignored: tuple[Patterns, ...]
    hook: Mapping[str, Any] | None
    initial: bool

    @property
    def syncs(self) -> bool:
        return self.action in _SYNCS

    def concerns(self, path: str) -> bool:
        """Whether a change of a path is one for this rule."""
        return (
            (path == self.path or path.startswith(self.path.rstrip("/") + "/"))
            and (self.include is None or self.include.match(path))
            and not any(each.match(path) for each in self.ignored)
        )

    def place(self, path: str) -> str:
        """Where a path that the rule concerns is in a container. A file goes into a target that ends with a slash."""
        relative = os.path.relpath(path, self.path)
        if relative == "." and self.target.endswith("/") and not os.path.isdir(path):
            relative = os.path.basename(path)
        return posixpath.normpath(posixpath.join("/", self.target, relative))

    def skips(self, directory: str) -> bool:
        """Whether nothing in a directory can be one for this rule."""
        if directory == self.path or self.path.startswith(directory.rstrip("/") + "/"):
            return False
        return not directory.startswith(self.path.rstrip("/") + "/") or any(each.match_all(directory) for each in self.ignored)


def rules(project: Mapping[str, Any], services: Sequence[str], warn: Callable[[str], None]) -> list[Rule]:
    """The rules of services, in the order of their names.

    warn    called for a path that a bind mount has in the container already: it is left out
    Raises  ClientError where there are none, and for a rebuild of what is not built
    """
    found: list[Rule] = []
    for name in sorted(services):
        service = project["services"][name]
        items = (service.get("develop") or {}).get("watch") or ()
        if any(item["action"] == REBUILD for item in items) and not service.get("build"):
            raise ClientError(f'can\'t watch service "{name}" with action {REBUILD} without a build context')
        ignored = (patterns.of_build(service.get("build")), patterns.leftovers()) if items else ()
        for item in items:
            path = os.path.normpath(item["path"])
            if item["action"] in (SYNC, SYNC_RESTART) and _is_bound(path, service):
                warn(f"path '{path}' also declared by a bind mount volume, this path won't be monitored!\n")
                continue
            found.append(
                Rule(
                    service=name,
                    action=item["action"],
                    path=path,
                    target=item.get("target") or "",
                    include=Patterns(path, item["include"]) if item.get("include") else None,
                    ignored=(*ignored, Patterns(path, item.get("ignore") or ())),
                    hook=item.get("exec"),
                    initial=bool(item.get("initial_sync")),
                )
            )
    if not found:
        raise ClientError("none of the selected services is configured for watch, consider setting a 'develop' section")
    return found


def _is_bound(path: str, service: Mapping[str, Any]) -> bool:
    sources = [os.path.realpath(each["source"]) for each in service.get("volumes") or () if each.get("type") == "bind"]
    return any(path == source or path.startswith(source.rstrip("/") + "/") for source in sources)
