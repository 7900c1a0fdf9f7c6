"""`docker ps`: rows of GET /containers/json."""

from __future__ import annotations

from dockercompat.cli.listing.table import Noun, Row
from dockercompat.cli.listing.table import render as render_table
from dockercompat.cli.listing.text import ago, ellipsis, familiar, go_quote, labels, short_id
from dockercompat.errors import ClientError
from dockercompat.spec.clock import go_string
from dockercompat.spec.size import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# What ps writes to stderr when both are given: the format does not count then.
QUIET_IGNORES_FORMAT = "WARNING: Ignoring custom format, because both --format and --quiet are set."

_TABLE = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}"
_RAW = """container_id: {{.ID}}
image: {{.Image}}
command: {{.Command}}
created_at: {{.CreatedAt}}
state: {{- pad .State 1 0}}
status: {{- pad .Status 1 0}}
names: {{.Names}}
labels: {{- pad .Labels 1 0}}
ports: {{- pad .Ports 1 0}}
"""


def _id(row: Row) -> str:
    return short_id(row.api["Id"]) if row.truncated else str(row.api["Id"])


def _names(row: Row) -> str:
    names = [name.removeprefix("/") for name in row.api.get("Names") or ()]
    if row.truncated:
        return next((name for name in names if "/" not in name), "")
    return ",".join(names)


def _image(row: Row) -> str:
    image = str(row.api.get("Image") or "")
    if not image:
        return "<no image>"
    if not row.truncated:
        return image
    image_id = short_id(row.api.get("ImageID") or "")
    if image_id == short_id(image):
        return image_id
    return familiar(image.partition("@")[0])


def _command(row: Row) -> str:
    command = row.api.get("Command") or ""
    return go_quote(ellipsis(command, 20) if row.truncated else command)


def _created_at(row: Row) -> str:
    return go_string(int(row.api.get("Created") or 0) * 1_000_000_000)


def _running_for(row: Row) -> str:
    return ago(row.api.get("Created") or 0)


def _platform(row: Row) -> str | None:
    platform = (row.api.get("ImageManifestDescriptor") or {}).get("platform")
    if not platform:
        return None
    return "/".join(part for part in (platform.get("os"), platform.get("architecture"), platform.get("variant")) if part)


def _ports(row: Row) -> str:
    return ports(row.api.get("Ports") or [])


def _state(row: Row) -> str:
    return str(row.api.get("State") or "")


def _status(row: Row) -> str:
    return str(row.api.get("Status") or "")


def _size(row: Row) -> str:
    own = human_size(row.api.get("SizeRw") or 0, 3)
    whole = row.api.get("SizeRootFs") or 0
    return f"{own} (virtual {human_size(whole, 3)})" if whole > 0 else own


def _labels(row: Row) -> str:
    return labels(row.api.get("Labels"))


def _label(row: Row, name: str) -> str:
    return str((row.api.get("Labels") or {}).get(name, ""))


def _mounts(row: Row) -> str:
    names = [m.get("Name") or m.get("Source") or "" for m in row.api.get("Mounts") or ()]
    return ",".join(ellipsis(name, 15) for name in names) if row.truncated else ",".join(names)


def _local_volumes(row: Row) -> str:
    return str(sum(m.get("Driver") == "local" for m in row.api.get("Mounts") or ()))


def _networks(row: Row) -> str:
    return ",".join((row.api.get("NetworkSettings") or {}).get("Networks") or ())


NOUN = Noun(
    go_type="*formatter.ContainerContext",
    fields={
        "ID": _id,
        "Names": _names,
        "Image": _image,
        "Command": _command,
        "CreatedAt": _created_at,
        "RunningFor": _running_for,
        "Platform": _platform,
        "Ports": _ports,
        "State": _state,
        "Status": _status,
        "Size": _size,
        "Labels": _labels,
        "Label": _label,
        "Mounts": _mounts,
        "LocalVolumes": _local_volumes,
        "Networks": _networks,
    },
    titles={
        "ID": "CONTAINER ID",
        "Names": "NAMES",
        "Image": "IMAGE",
        "Command": "COMMAND",
        "CreatedAt": "CREATED AT",
        "RunningFor": "CREATED",
        "Ports": "PORTS",
        "State": "STATE",
        "Status": "STATUS",
        "Size": "SIZE",
        "Labels": "LABELS",
        "Mounts": "MOUNTS",
        "LocalVolumes": "LOCAL VOLUMES",
        "Networks": "NETWORKS",
        "Platform": "PLATFORM",
    },
)


def full_format(format: str, quiet: bool, size: bool) -> str:
    """Docker's expansion of "", table and raw; quiet turns any other format into ids."""
    if format in ("", "table"):
        return "{{.ID}}" if quiet else _TABLE + ("\t{{.Size}}" if size else "")
    if format == "raw":
        return "container_id: {{.ID}}" if quiet else _RAW + ("size: {{.Size}}\n" if size else "")
    return "{{.ID}}" if quiet else format


def render(rows: Iterable[dict[str, Any]], *, format: str = "", quiet: bool = False, no_trunc: bool = False, size: bool = False) -> str:
    """The text of `docker ps`.

    format  --format; where it is not given and quiet isn't either, psFormat of config.json
    size    --size: a SIZE column in the table and raw forms
    """
    return render_table(NOUN, [Row(api, not no_trunc) for api in rows], full_format(format, quiet, size))


def needs_size(format: str) -> bool:
    """A --format of ps shows sizes when it is tried on a row, so that the engine must measure them. Not asked with --quiet.

    Raises  ClientError in the words with which ps refuses a bad template before it asks the engine
    """
    if "{{" not in format:
        return False
    from dockercompat.cli.listing import templated

    used = False

    def size(_row: Row) -> str:
        nonlocal used
        used = True
        return "0B"

    row = Row({"Id": ""}, False)
    noun = NOUN.replace(fields={**NOUN.fields, "Size": size})
    try:
        template = templated.Template(format)
    except templated.TemplateError as failure:
        raise ClientError(f"failed to parse template: {failure}") from None
    try:
        template.execute(templated.Value(templated.row_type(noun), row))
    except templated.TemplateError as failure:
        raise ClientError(f"failed to execute template: {failure}") from None
    return used


def ports(published: list[dict[str, Any]]) -> str:
    """The PORTS column: "81-82/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"; equal runs are joined to ranges."""
    order = sorted(published, key=lambda p: (p["PrivatePort"], p.get("IP") or "", p.get("PublicPort") or 0, p["Type"]))
    groups: dict[str, list[int]] = {}
    done: list[str] = []
    mapped: list[str] = []
    for port in order:
        inside = port["PrivatePort"]
        address = port.get("IP") or ""
        key = port["Type"]
        if address:
            outside = port.get("PublicPort") or 0
            if outside != inside:
                mapped.append(f"{_host(address)}:{outside}->{inside}/{key}")
                continue
            key = f"{address}/{key}"
        group = groups.get(key)
        if group is None:
            groups[key] = [inside, inside]
        elif inside == group[1] + 1:
            group[1] = inside
        else:
            done.append(_port_range(key, *group))
            groups[key] = [inside, inside]
    return ", ".join([*done, *(_port_range(key, *group) for key, group in groups.items()), *mapped])


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _port_range(key: str, first: int, last: int) -> str:
    address, _, protocol = key.rpartition("/")
    text = str(first) if first == last else f"{first}-{last}"
    return f"{_host(address)}:{text}->{text}/{protocol}" if address else f"{text}/{protocol}"
