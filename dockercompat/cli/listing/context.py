"""`docker context ls`."""

from __future__ import annotations

from dockercompat.cli.listing.table import Noun
from dockercompat.cli.listing.table import render as render_table
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Context(Record):
    """error  why the context can't be used, "" when it can"""

    name: str
    description: str = ""
    docker_endpoint: str = ""
    is_current: bool = False
    error: str = ""


def _name(c: Context) -> str:
    return c.name


def _description(c: Context) -> str:
    return c.description


def _endpoint(c: Context) -> str:
    return c.docker_endpoint


def _current(c: Context) -> bool:
    return c.is_current


def _error(c: Context) -> str:
    return c.error


NOUN = Noun(
    go_type="*formatter.clientContextContext",
    fields={"Name": _name, "Description": _description, "DockerEndpoint": _endpoint, "Current": _current, "Error": _error},
    titles={"Name": "NAME", "Description": "DESCRIPTION", "DockerEndpoint": "DOCKER ENDPOINT", "Error": "ERROR"},
)


def render(contexts: Iterable[Context], *, format: str = "", quiet: bool = False) -> str:
    if quiet:
        return "".join(f"{c.name}\n" for c in contexts)
    table = "table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}"
    return render_table(NOUN, contexts, table if format in ("", "table") else format)
