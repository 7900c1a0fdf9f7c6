"""`docker history`: rows of GET /images/NAME/history."""

from __future__ import annotations

from dockercompat.cli.listing.table import Noun
from dockercompat.cli.listing.table import render as render_table
from dockercompat.cli.listing.text import ago, ellipsis, short_id
from dockercompat.spec.clock import format_local
from dockercompat.spec.size import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Row:
    __slots__ = ("api", "human", "truncated")

    def __init__(self, api: dict[str, Any], truncated: bool, human: bool) -> None:
        self.api = api
        self.truncated = truncated
        self.human = human


def _id(row: Row) -> str:
    return short_id(row.api["Id"]) if row.truncated else str(row.api["Id"])


def _created_at(row: Row) -> str:
    return format_local(int(row.api.get("Created") or 0))


def _created_since(row: Row) -> str:
    if not row.human:
        return _created_at(row)
    created = row.api.get("Created") or 0
    return ago(created) if created > 0 else "N/A"


def _created_by(row: Row) -> str:
    text = str(row.api.get("CreatedBy") or "").replace("\t", " ")
    return ellipsis(text, 45) if row.truncated else text


def _size(row: Row) -> str:
    size = row.api.get("Size") or 0
    return human_size(size, 3) if row.human else str(size)


def _comment(row: Row) -> str:
    return str(row.api.get("Comment") or "")


NOUN = Noun(
    go_type="*image.historyContext",
    fields={
        "ID": _id,
        "CreatedAt": _created_at,
        "CreatedSince": _created_since,
        "CreatedBy": _created_by,
        "Size": _size,
        "Comment": _comment,
    },
    titles={
        "ID": "IMAGE",
        "CreatedSince": "CREATED",
        "CreatedAt": "CREATED AT",
        "CreatedBy": "CREATED BY",
        "Size": "SIZE",
        "Comment": "COMMENT",
    },
)


def render(rows: Iterable[dict[str, Any]], *, format: str = "", quiet: bool = False, no_trunc: bool = False, human: bool = True) -> str:
    if format in ("", "table"):
        created = "CreatedSince" if human else "CreatedAt"
        format = "{{.ID}}" if quiet else f"table {{{{.ID}}}}\t{{{{.{created}}}}}\t{{{{.CreatedBy}}}}\t{{{{.Size}}}}\t{{{{.Comment}}}}"
    return render_table(NOUN, [Row(api, not no_trunc, human) for api in rows], format)
