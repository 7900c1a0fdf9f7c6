"""`docker events`: a line for each event."""

from __future__ import annotations

from dockercompat.errors import InvalidTemplate
from dockercompat.spec.clock import format_local_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def formatter(format: str = "") -> Callable[[dict[str, Any]], str]:
    """A function from an event to its line, without newline.

    Raises  InvalidTemplate (exit status 64) before the first event
    """
    if not format:
        return plain
    # The engine of templates is loaded for those who write one.
    from dockercompat.cli.template.errors import TemplateError
    from dockercompat.cli.template.evaluate import Template
    from dockercompat.cli.template.gotypes import ROOTS, go_type
    from dockercompat.cli.template.values import Value

    try:
        template = Template("{{json .}}" if format == "json" else format)
        type_ = go_type(ROOTS["event"])
        template.execute(Value(type_, {}))
    except TemplateError as failure:
        raise InvalidTemplate(f"Error parsing format: {failure}") from None
    return lambda event: template.execute(Value(type_, event))


def plain(event: dict[str, Any]) -> str:
    """Docker's own line: "2026-01-02T03:04:05.678901234Z container create ID (image=busybox, name=c1)"."""
    moment_ns = event.get("timeNano") or (event.get("time") or 0) * 1_000_000_000
    actor = event.get("Actor") or {}
    line = f"{event.get('Type', '')} {event.get('Action', '')} {actor.get('ID', '')}"
    if moment_ns:
        line = f"{format_local_ns(moment_ns)} {line}"
    attributes = actor.get("Attributes") or {}
    if attributes:
        line += f" ({', '.join(f'{key}={attributes[key]}' for key in sorted(attributes))})"
    return line
