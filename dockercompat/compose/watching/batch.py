"""Changes that belong together, and what they lead to: values, decided before anything is done.

Source: docker/compose, pkg/watch/debounce.go and pkg/compose/watch.go.
"""

from __future__ import annotations

from dockercompat.compose.watching.rules import REBUILD, RESTART, SYNC_EXEC, SYNC_RESTART
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from dockercompat.compose.watching.rules import Rule

QUIET_S = 0.5  # a batch is over when so long nothing has changed


class Gathering:
    """Changes on their way to a batch. Times are those of one clock, in seconds."""

    def __init__(self) -> None:
        self._paths: dict[str, None] = {}
        self._last_s = 0.0

    def add(self, paths: Iterable[str], now_s: float) -> None:
        for path in paths:
            self._paths[path] = None
            self._last_s = now_s

    def wait_s(self, now_s: float) -> float | None:
        """How long until the batch is over, None while there is none."""
        return max(0.0, self._last_s + QUIET_S - now_s) if self._paths else None

    def take(self, now_s: float) -> list[str]:
        """The batch, when it is over; else nothing."""
        if not self._paths or now_s < self._last_s + QUIET_S:
            return []
        paths = sorted(self._paths)
        self._paths.clear()
        return paths


class Copy(Record):
    """A path of the host and what it is in containers. It is removed there when it is gone here."""

    source: str
    target: str


class Actions(Record):
    """What a batch leads to, in the order in which it is done: services to rebuild, what to sync by service, to restart, hooks to run."""

    rebuild: tuple[str, ...]
    sync: Mapping[str, Sequence[Copy]]
    restart: tuple[str, ...]
    hooks: tuple[tuple[str, Mapping[str, Any]], ...]

    def text(self) -> list[str]:
        """One line each."""
        lines = [f"rebuild {name}" for name in self.rebuild]
        lines += [f"sync {name} {copy.source} -> {copy.target}" for name, copies in self.sync.items() for copy in copies]
        lines += [f"restart {name}" for name in self.restart]
        return lines + [f"exec {name} {hook.get('command')}" for name, hook in self.hooks]


def decide(rules: Sequence[Rule], changes: Iterable[str]) -> Actions:
    """What changes of paths lead to by rules."""
    rebuild: set[str] = set()
    restart: set[str] = set()
    sync: dict[str, list[Copy]] = {}
    hooks: dict[int, Rule] = {}
    for path in changes:
        for number, rule in enumerate(rules):
            if not rule.concerns(path):
                continue
            if rule.action == REBUILD:
                rebuild.add(rule.service)
            if rule.syncs:
                sync.setdefault(rule.service, []).append(Copy(path, rule.place(path)))
            if rule.action in (RESTART, SYNC_RESTART):
                restart.add(rule.service)
            if rule.action == SYNC_EXEC and rule.hook and rule.hook.get("command"):
                hooks[number] = rule
    return Actions(
        tuple(sorted(rebuild)),
        dict(sorted(sync.items())),
        tuple(sorted(restart)),
        tuple((hooks[number].service, hooks[number].hook or {}) for number in sorted(hooks)),
    )
