"""`docker compose ps`, `ls` and `images`: rows about a project's containers."""

from __future__ import annotations

from dockercompat.cli.listing import container
from dockercompat.cli.listing.table import Noun, Row
from dockercompat.cli.listing.table import render as render_table
from dockercompat.cli.listing.text import short_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_TABLE = "table {{.Name}}\t{{.Image}}\t{{.Command}}\t{{.Service}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}"
_LABEL = "com.docker.compose."


def _name(row: Row) -> str:
    return str((row.api.get("Names") or [""])[0]).removeprefix("/")


def _project(row: Row) -> str:
    return str((row.api.get("Labels") or {}).get(f"{_LABEL}project") or "")


def _service(row: Row) -> str:
    return str((row.api.get("Labels") or {}).get(f"{_LABEL}service") or "")


def _health(row: Row) -> str:
    health = str(row.api.get("Health") or "")
    return "" if health == "none" else health


def _exit_code(row: Row) -> int:
    return int(row.api.get("ExitCode") or 0)


def _publishers(row: Row) -> list[dict[str, Any]]:
    return publishers(row.api.get("Ports") or ())


def publishers(ports: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Published and open ports of a list's entry, by their address and number."""
    found = [
        {
            "URL": each.get("IP") or "",
            "TargetPort": each["PrivatePort"],
            "PublishedPort": each.get("PublicPort") or 0,
            "Protocol": each["Type"],
        }
        for each in ports
    ]
    return sorted(found, key=lambda each: (each["TargetPort"], each["URL"], each["PublishedPort"], each["Protocol"]))


NOUN = Noun(
    go_type="*formatter.ContainerContext",
    fields={
        **{name: field for name, field in container.NOUN.fields.items() if name != "Platform"},
        "Name": _name,
        "Project": _project,
        "Service": _service,
        "Health": _health,
        "ExitCode": _exit_code,
        "Publishers": _publishers,
    },
    titles={
        **container.NOUN.titles,
        "Name": "NAME",
        "Project": "PROJECT",
        "Service": "SERVICE",
        "Health": "HEALTH",
        "ExitCode": "EXIT CODE",
        "Publishers": "PUBLISHERS",
    },
)


def render(rows: Iterable[dict[str, Any]], *, format: str = "", no_trunc: bool = False) -> str:
    """The text of `docker compose ps`; rows are entries of the engine's list with Health and ExitCode."""
    return render_table(NOUN, [Row(api, not no_trunc) for api in rows], _TABLE if format in ("", "table") else format)


def image_row(name: str, image: dict[str, Any], *, whole_id: bool = False) -> dict[str, Any]:
    """One line of `images`: a container and the image it was made of, as an inspect of that shows it."""
    ref = (image.get("RepoTags") or [""])[0]
    repository, _, tag = ref.rpartition(":") if ref else ("<none>", "", "<none>")
    platform = "/".join(filter(None, (image.get("Os"), image.get("Architecture"), image.get("Variant"))))
    return {
        "ID": image["Id"] if whole_id else short_id(image["Id"]),
        "ContainerName": name,
        "Repository": repository,
        "Tag": tag,
        "Platform": platform,
        "Size": image.get("Size") or 0,
        "LastTagTime": (image.get("Metadata") or {}).get("LastTagTime") or "",
    }
