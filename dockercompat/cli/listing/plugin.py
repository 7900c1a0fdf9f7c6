"""`docker plugin ls`: rows of GET /plugins."""

from __future__ import annotations

from dockercompat.cli.listing.table import Noun, Row
from dockercompat.cli.listing.table import render as render_table
from dockercompat.cli.listing.text import short_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def _id(row: Row) -> str:
    return short_id(row.api["Id"]) if row.truncated else str(row.api["Id"])


def _name(row: Row) -> str:
    return str(row.api["Name"])


def _description(row: Row) -> str:
    return str(row.api["Config"]["Description"]).replace("\n", " ")


def _enabled(row: Row) -> bool:
    return bool(row.api["Enabled"])


def _reference(row: Row) -> str:
    return str(row.api.get("PluginReference") or "")


NOUN = Noun(
    go_type="*plugin.formatContext",
    fields={"ID": _id, "Name": _name, "Description": _description, "Enabled": _enabled, "PluginReference": _reference},
    titles={"ID": "ID", "Name": "NAME", "Description": "DESCRIPTION", "Enabled": "ENABLED", "PluginReference": "IMAGE"},
)


def full_format(format: str, quiet: bool) -> str:
    if format in ("", "table"):
        return "{{.ID}}" if quiet else "table {{.ID}}\t{{.Name}}\t{{.Description}}\t{{.Enabled}}"
    if format == "raw":
        return (
            "plugin_id: {{.ID}}" if quiet else "plugin_id: {{.ID}}\nname: {{.Name}}\ndescription: {{.Description}}\nenabled: {{.Enabled}}\n"
        )
    return format


def render(rows: Iterable[dict[str, Any]], *, format: str = "", quiet: bool = False, no_trunc: bool = False) -> str:
    """The text of `docker plugin ls`; the caller passes pluginsFormat of config.json where --format and --quiet are not given."""
    return render_table(NOUN, [Row(api, not no_trunc) for api in rows], full_format(format, quiet))
