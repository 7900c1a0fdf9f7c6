"""`docker diff`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_LETTERS = ("C", "A", "D")


def render(rows: Iterable[dict[str, Any]]) -> str:
    """The text for the body of GET /containers/ID/changes."""
    return "".join(f"{_LETTERS[row['Kind']]} {row['Path']}\n" for row in rows)
