"""`docker search`: rows of GET /images/search."""

from __future__ import annotations

from dockercompat.cli.listing.table import Noun
from dockercompat.cli.listing.table import render as render_table
from dockercompat.cli.listing.text import ellipsis

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Row:
    __slots__ = ("api", "is_json", "truncated")

    def __init__(self, api: dict[str, Any], truncated: bool, is_json: bool) -> None:
        self.api = api
        self.truncated = truncated
        self.is_json = is_json


def _name(row: Row) -> str:
    return str(row.api.get("name") or "")


def _description(row: Row) -> str:
    text = str(row.api.get("description") or "").replace("\n", " ").replace("\r", " ")
    return ellipsis(text, 45) if row.truncated else text


def _star_count(row: Row) -> str:
    return str(row.api.get("star_count") or 0)


def _yes(row: Row, key: str) -> str:
    if row.is_json:
        return "true" if row.api.get(key) else "false"
    return "[OK]" if row.api.get(key) else ""


def _is_official(row: Row) -> str:
    return _yes(row, "is_official")


NOUN = Noun(
    go_type="*registry.searchContext",
    fields={"Name": _name, "Description": _description, "StarCount": _star_count, "IsOfficial": _is_official},
    titles={"Name": "NAME", "Description": "DESCRIPTION", "StarCount": "STARS", "IsOfficial": "OFFICIAL"},
)


def render(rows: Iterable[dict[str, Any]], *, format: str = "", no_trunc: bool = False) -> str:
    whole = "table {{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}" if format in ("", "table") else format
    is_json = format == "json" or "{{json.}}" in format.replace(" ", "")
    return render_table(NOUN, [Row(api, not no_trunc, is_json) for api in rows], whole)
