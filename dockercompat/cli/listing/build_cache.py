"""Records of the build cache, as `system df -v` and `builder` show them."""

from __future__ import annotations

from dockercompat.cli.listing.table import Noun, Row
from dockercompat.cli.listing.text import ago, short_id
from dockercompat.spec import clock
from dockercompat.spec.size import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


RAW = """build_cache_id: {{.ID}}
parent_id: {{.Parent}}
build_cache_type: {{.CacheType}}
description: {{.Description}}
created_at: {{.CreatedAt}}
created_since: {{.CreatedSince}}
last_used_at: {{.LastUsedAt}}
last_used_since: {{.LastUsedSince}}
usage_count: {{.UsageCount}}
in_use: {{.InUse}}
shared: {{.Shared}}
"""


def _id(row: Row) -> str:
    text = short_id(row.api["ID"]) if row.truncated else str(row.api["ID"])
    return text + "*" if row.api.get("InUse") else text


def _parent(row: Row) -> str:
    parents = ", ".join(row.api.get("Parents") or ())
    return short_id(parents) if row.truncated else parents


def _type(row: Row) -> str:
    return str(row.api.get("Type") or "")


def _description(row: Row) -> str:
    return str(row.api.get("Description") or "")


def _size(row: Row) -> str:
    return human_size(row.api.get("Size") or 0, 3)


def _created_at(row: Row) -> str:
    return clock.go_string_of(row.api.get("CreatedAt") or "")


def _created_since(row: Row) -> str:
    return ago(clock.parse(row.api.get("CreatedAt") or clock.ZERO) / 1e9)


def _last_used_at(row: Row) -> str:
    moment = row.api.get("LastUsedAt")
    return clock.go_string_of(moment) if moment else ""


def _last_used_since(row: Row) -> str:
    moment = row.api.get("LastUsedAt")
    return ago(clock.parse(moment) / 1e9) if moment else ""


def _usage_count(row: Row) -> str:
    return str(row.api.get("UsageCount") or 0)


def _in_use(row: Row) -> str:
    return "true" if row.api.get("InUse") else "false"


def _shared(row: Row) -> str:
    return "true" if row.api.get("Shared") else "false"


NOUN = Noun(
    go_type="*formatter.buildCacheContext",
    fields={
        "ID": _id,
        "Parent": _parent,
        "CacheType": _type,
        "Description": _description,
        "Size": _size,
        "CreatedAt": _created_at,
        "CreatedSince": _created_since,
        "LastUsedAt": _last_used_at,
        "LastUsedSince": _last_used_since,
        "UsageCount": _usage_count,
        "InUse": _in_use,
        "Shared": _shared,
    },
    titles={
        "ID": "CACHE ID",
        "Parent": "PARENT",
        "CacheType": "CACHE TYPE",
        "Size": "SIZE",
        "CreatedSince": "CREATED",
        "LastUsedSince": "LAST USED",
        "UsageCount": "USAGE",
        "InUse": "IN USE",
        "Shared": "SHARED",
        "Description": "DESCRIPTION",
    },
)


def in_order(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Never used ones first, then the longest unused."""
    return sorted(records, key=lambda r: (bool(r.get("LastUsedAt")), clock.parse(r["LastUsedAt"]) if r.get("LastUsedAt") else 0, r["ID"]))
