"""`docker volume ls`: the Volumes of GET /volumes."""

from __future__ import annotations

from dockercompat.cli.listing.table import Noun
from dockercompat.cli.listing.table import render as render_table
from dockercompat.cli.listing.text import labels
from dockercompat.spec.size import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Api = dict[str, Any]


def _name(api: Api) -> str:
    return str(api["Name"])


def _driver(api: Api) -> str:
    return str(api.get("Driver") or "")


def _scope(api: Api) -> str:
    return str(api.get("Scope") or "")


def _mountpoint(api: Api) -> str:
    return str(api.get("Mountpoint") or "")


def _labels(api: Api) -> str:
    return labels(api.get("Labels"))


def _label(api: Api, name: str) -> str:
    return str((api.get("Labels") or {}).get(name, ""))


def _links(api: Api) -> str:
    usage = api.get("UsageData")
    return "N/A" if usage is None else str(usage["RefCount"])


def _size(api: Api) -> str:
    usage = api.get("UsageData")
    return "N/A" if usage is None else human_size(usage["Size"])


def _not_available(_api: Api) -> str:
    return "N/A"


NOUN = Noun(
    go_type="*formatter.volumeContext",
    fields={
        "Name": _name,
        "Driver": _driver,
        "Scope": _scope,
        "Mountpoint": _mountpoint,
        "Labels": _labels,
        "Label": _label,
        "Links": _links,
        "Size": _size,
        "Group": _not_available,
        "Availability": _not_available,
        "Status": _not_available,
    },
    titles={
        "ID": "ID",
        "Name": "VOLUME NAME",
        "Group": "GROUP",
        "Driver": "DRIVER",
        "Scope": "SCOPE",
        "Availability": "AVAILABILITY",
        "Mountpoint": "MOUNTPOINT",
        "Labels": "LABELS",
        "Links": "LINKS",
        "Size": "SIZE",
        "Status": "STATUS",
    },
)


def full_format(format: str, quiet: bool) -> str:
    if format in ("", "table"):
        return "{{.Name}}" if quiet else "table {{.Driver}}\t{{.Name}}"
    if format == "raw":
        return "name: {{.Name}}" if quiet else "name: {{.Name}}\ndriver: {{.Driver}}\n"
    return format


def render(rows: Iterable[Api], *, format: str = "", quiet: bool = False) -> str:
    """The text of `docker volume ls`; the caller passes volumesFormat of config.json where --format and --quiet are not given."""
    return render_table(NOUN, rows, full_format(format, quiet))
