"""`docker network ls`: rows of GET /networks."""

from __future__ import annotations

from dockercompat.cli.listing.table import Noun, Row
from dockercompat.cli.listing.table import render as render_table
from dockercompat.cli.listing.text import labels, short_id
from dockercompat.spec.clock import go_string_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def _id(row: Row) -> str:
    return short_id(row.api["Id"]) if row.truncated else str(row.api["Id"])


def _name(row: Row) -> str:
    return str(row.api["Name"])


def _driver(row: Row) -> str:
    return str(row.api.get("Driver") or "")


def _scope(row: Row) -> str:
    return str(row.api.get("Scope") or "")


def _yes_or_no(value: object) -> str:
    return "true" if value else "false"


def _ipv4(row: Row) -> str:
    return _yes_or_no(row.api.get("EnableIPv4"))


def _ipv6(row: Row) -> str:
    return _yes_or_no(row.api.get("EnableIPv6"))


def _internal(row: Row) -> str:
    return _yes_or_no(row.api.get("Internal"))


def _labels(row: Row) -> str:
    return labels(row.api.get("Labels"))


def _label(row: Row, name: str) -> str:
    return str((row.api.get("Labels") or {}).get(name, ""))


def _created_at(row: Row) -> str:
    return go_string_of(row.api.get("Created") or "")


NOUN = Noun(
    go_type="*network.networkContext",
    fields={
        "ID": _id,
        "Name": _name,
        "Driver": _driver,
        "Scope": _scope,
        "IPv4": _ipv4,
        "IPv6": _ipv6,
        "Internal": _internal,
        "Labels": _labels,
        "Label": _label,
        "CreatedAt": _created_at,
    },
    titles={
        "ID": "NETWORK ID",
        "Name": "NAME",
        "Driver": "DRIVER",
        "Scope": "SCOPE",
        "IPv4": "IPV4",
        "IPv6": "IPV6",
        "Internal": "INTERNAL",
        "Labels": "LABELS",
        "CreatedAt": "CREATED AT",
    },
)


def full_format(format: str, quiet: bool) -> str:
    if format in ("", "table"):
        return "{{.ID}}" if quiet else "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}"
    if format == "raw":
        return "network_id: {{.ID}}" if quiet else "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n"
    return format


def render(rows: Iterable[dict[str, Any]], *, format: str = "", quiet: bool = False, no_trunc: bool = False) -> str:
    """The text of `docker network ls`; the caller passes networksFormat of config.json where --format and --quiet are not given."""
    return render_table(NOUN, [Row(api, not no_trunc) for api in rows], full_format(format, quiet))
