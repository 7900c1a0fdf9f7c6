"""`docker context ls`."""

from __future__ import annotations

from dockercompat.cli.listing.table import Noun
from dockercompat.cli.listing.table import render as render_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Row = dict[str, Any]


def _name(row: Row) -> str:
    return str(row["Name"])


def _current(row: Row) -> bool:
    return bool(row["Current"])


def _description(row: Row) -> str:
    return str(row["Description"])


def _endpoint(row: Row) -> str:
    return str(row["DockerEndpoint"])


def _error(row: Row) -> str:
    return _shortened(str(row["Error"]), 45)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


NOUN = Noun(
    go_type="*formatter.clientContextContext",
    fields={"Name": _name, "Current": _current, "Description": _description, "DockerEndpoint": _endpoint, "Error": _error},
    titles={
        "Name": "NAME",
        "Current": "CURRENT",
        "Description": "DESCRIPTION",
        "DockerEndpoint": "DOCKER ENDPOINT",
        "Error": "ERROR",
    },
)


def render(rows: Iterable[Row], *, format: str = "", quiet: bool = False) -> str:
    """The text of `docker context ls`. The table marks the one in use with a star and shortens descriptions."""
    if format in ("", "table"):
        if quiet:
            return render_table(NOUN, rows, "{{.Name}}")
        shown = [
            {**row, "Name": f"{row['Name']} *" if row["Current"] else row["Name"], "Description": _shortened(str(row["Description"]), 45)}
            for row in rows
        ]
        return render_table(NOUN, shown, "table {{.Name}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}")
    return render_table(NOUN, rows, format)
