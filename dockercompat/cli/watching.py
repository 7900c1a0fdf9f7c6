"""`stats`: figures once or for ever, drawn over the ones before, on a terminal and in a pipe, as docker does."""

from __future__ import annotations

import sys
import time

from dockercompat.cli.listing import stats as listing
from dockercompat.errors import DockerError, NotFound, StatusOnly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.engine.container.state import Container

_INTERVAL_S = 1.0
_REDRAW_S = 0.5


def stats(invocation: Invocation) -> int:
    """Show what containers use: those that are named, all that run, or with --all every one."""
    options = invocation.options
    invocation.join()
    watched = _watched(invocation)
    before: dict[str, dict[str, Any]] = {}
    shown_format = options.format or invocation.config.get("statsFormat") or ""
    sample = invocation.verb("container.stats", "sample")
    _measure(sample, [container for _, container in _containers(invocation, watched) if container is not None], before)
    while True:
        time.sleep(_INTERVAL_S)
        containers = _containers(invocation, watched)
        samples = _measure(sample, [container for _, container in containers if container is not None], before)
        entries = [
            listing.entry(samples.get(container.id) if container is not None else None, ref or (container.id[:12] if container else ""))
            for ref, container in containers
        ]
        text = listing.render(entries, format=shown_format, no_trunc=bool(options.no_trunc))
        if options.no_stream:
            sys.stdout.write(text)
            return 0
        for pause_s in (_REDRAW_S, 0):
            sys.stdout.write(_frame(text))
            sys.stdout.flush()
            time.sleep(pause_s)


def _watched(invocation: Invocation) -> list[tuple[str, str]]:
    """Name and id of those that were asked for, each once. Says of all that don't exist that they don't."""
    state = invocation.verbs("container.state")
    found: list[tuple[str, str]] = []
    failures: list[DockerError] = []
    for ref in dict.fromkeys(invocation.args):
        try:
            found.append((ref, state.current(invocation.engine, ref).id))
        except DockerError as error:
            failures.append(error)
    if not failures:
        return found
    for failure in failures:
        print(failure.line, file=sys.stderr)
    raise StatusOnly(1)


def _frame(text: str) -> str:
    """The same twice, the second time with what erases the rest of each line, as docker 28 writes it."""
    return f"\x1b[H{text}\x1b[H" + "".join(f"{line} \x1b[K\n" for line in text.split("\n")) + "\x1b[J"


def _containers(invocation: Invocation, watched: list[tuple[str, str]]) -> list[tuple[str, Container | None]]:
    """What to show now; None is one that was removed."""
    engine = invocation.engine
    state: Any = invocation.verbs("container.state")
    if watched:
        found: list[tuple[str, Container | None]] = []
        for ref, container_id in watched:
            try:
                found.append((ref, state.load(engine, container_id)))
            except NotFound:
                found.append((ref, None))
        return found
    if invocation.remote is not None:
        rows = invocation.verb("container.list")(engine, all=bool(invocation.options.all))
        return [("", state.current(engine, row["Id"])) for row in rows]
    wanted = "1" if invocation.options.all else "status IN ('running', 'paused')"
    rows = engine.db.all(f"SELECT * FROM containers WHERE {wanted} ORDER BY created_ns DESC")
    if state.refresh(engine, rows):
        rows = engine.db.all(f"SELECT * FROM containers WHERE {wanted} ORDER BY created_ns DESC")
    return [("", state.Container(row)) for row in rows]


def _measure(sample: Callable[..., Any], containers: list[Container], before: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """A sample of each, measured against the last one, which it replaces; none of one that has gone meanwhile."""
    for container in containers:
        try:
            before[container.id] = sample(container, before.get(container.id))
        except NotFound:
            continue
    return before
