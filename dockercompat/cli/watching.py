"""`stats`: figures once or again every second, drawn over on a terminal as docker does."""

from __future__ import annotations

import sys
import time

from dockercompat.cli.listing import stats as listing
from dockercompat.engine.container import state
from dockercompat.engine.container.stats import sample
from dockercompat.errors import NoSuchContainer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.engine.container.state import Container

_INTERVAL_S = 1.0
_CLEAR = "\x1b[2J\x1b[H"


def stats(invocation: Invocation) -> int:
    """Show what containers use: those that are named, all that run, or with --all every one."""
    options = invocation.options
    invocation.join()
    watched = [(ref, state.current(invocation.engine, ref).id) for ref in invocation.args]
    before: dict[str, dict[str, Any]] = {}
    shown_format = options.format or invocation.config.get("statsFormat") or ""
    _measure(_containers(invocation, watched), before)
    terminal = sys.stdout.isatty()
    while True:
        time.sleep(_INTERVAL_S)
        containers = _containers(invocation, watched)
        samples = _measure(containers, before)
        entries = [
            listing.entry(samples[container.id] if container.is_alive else None, ref or container.id) for ref, container in containers
        ]
        text = listing.render(entries, format=shown_format, no_trunc=bool(options.no_trunc))
        sys.stdout.write((_CLEAR if terminal and not options.no_stream else "") + text)
        sys.stdout.flush()
        if options.no_stream:
            return 0
        if watched and not any(container.is_alive for _, container in containers):
            return 0


def _containers(invocation: Invocation, watched: list[tuple[str, str]]) -> list[tuple[str, Container]]:
    engine = invocation.engine
    if watched:
        found = []
        for ref, container_id in watched:
            try:
                found.append((ref, state.load(engine, container_id)))
            except NoSuchContainer:
                continue
        return found
    wanted = "1" if invocation.options.all else "status IN ('running', 'paused')"
    rows = engine.db.all(f"SELECT * FROM containers WHERE {wanted} ORDER BY created_ns DESC")
    if state.refresh(engine, rows):
        rows = engine.db.all(f"SELECT * FROM containers WHERE {wanted} ORDER BY created_ns DESC")
    return [("", state.Container(row)) for row in rows]


def _measure(containers: list[tuple[str, Container]], before: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """A sample of each, measured against the last one, which it replaces."""
    for _, container in containers:
        before[container.id] = sample(container, before.get(container.id))
    return before
