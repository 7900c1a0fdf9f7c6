"""`docker top`."""

from __future__ import annotations

from dockercompat.cli.listing.table import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def render(body: dict[str, Any]) -> str:
    """The text for the body of GET /containers/ID/top; columns are at least twenty wide."""
    return table(body["Titles"], body.get("Processes") or (), min_width=20)
