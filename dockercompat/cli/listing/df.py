"""`docker system df`: the body of GET /system/df, as a summary or with -v as one table for each kind."""

from __future__ import annotations

from dockercompat.cli.listing import build_cache, container, image, volume
from dockercompat.cli.listing.table import Noun, Row
from dockercompat.cli.listing.table import render as render_table
from dockercompat.cli.listing.text import split_reference
from dockercompat.errors import ClientError
from dockercompat.record import Record
from dockercompat.spec.size import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Usage = dict[str, Any]

_TABLE = "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}"
_RAW = "type: {{.Type}}\ntotal: {{.TotalCount}}\nactive: {{.Active}}\nsize: {{.Size}}\nreclaimable: {{.Reclaimable}}\n"
_IMAGES = "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}"
_CONTAINERS = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}"
_VOLUMES = "table {{.Name}}\t{{.Links}}\t{{.Size}}"
_CACHE = "table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}"


class Line(Record):
    """reclaimable_percent  None where docker shows no share"""

    type: str
    total: int
    active: int
    size_bytes: int
    reclaimable_bytes: int
    reclaimable_percent: int | None = None


def _type(line: Line) -> str:
    return line.type


def _total(line: Line) -> str:
    return str(line.total)


def _active(line: Line) -> str:
    return str(line.active)


def _size(line: Line) -> str:
    return human_size(line.size_bytes)


def _reclaimable(line: Line) -> str:
    text = human_size(line.reclaimable_bytes)
    return text if line.reclaimable_percent is None else f"{text} ({line.reclaimable_percent}%)"


NOUN = Noun(
    go_type="*formatter.diskUsageImagesContext",
    fields={"Type": _type, "TotalCount": _total, "Active": _active, "Size": _size, "Reclaimable": _reclaimable},
    titles={"Type": "TYPE", "TotalCount": "TOTAL", "Active": "ACTIVE", "Size": "SIZE", "Reclaimable": "RECLAIMABLE"},
)


def summary(usage: Usage) -> list[Line]:
    """The four lines; what is in use is not reclaimable."""
    images = usage.get("Images") or []
    layers_bytes = usage.get("LayersSize") or 0
    used = [i for i in images if i.get("Containers", 0) > 0]
    used_bytes = sum(max(0, i["Size"] - i.get("SharedSize", 0)) for i in used if i.get("Size", -1) != -1 and i.get("SharedSize", -1) != -1)
    containers = usage.get("Containers") or []
    running = [c for c in containers if c.get("State") in ("running", "paused", "restarting")]
    own_bytes = sum(c.get("SizeRw") or 0 for c in containers)
    idle_bytes = own_bytes - sum(c.get("SizeRw") or 0 for c in running)
    volumes = [v for v in usage.get("Volumes") or [] if v.get("UsageData")]
    with_size = [v["UsageData"] for v in volumes if v["UsageData"]["Size"] != -1]
    cache = usage.get("BuildCache") or []
    return [
        _line("Images", len(images), len(used), layers_bytes, layers_bytes - used_bytes),
        _line("Containers", len(containers), len(running), own_bytes, idle_bytes),
        _line(
            "Local Volumes",
            len(usage.get("Volumes") or ()),
            sum(v["UsageData"]["RefCount"] > 0 for v in volumes),
            sum(u["Size"] for u in with_size),
            sum(u["Size"] for u in with_size if u["RefCount"] == 0),
        ),
        Line(
            "Build Cache",
            len(cache),
            sum(bool(r.get("InUse")) for r in cache),
            _cache_bytes(usage),
            sum(r.get("Size") or 0 for r in cache if not r.get("InUse") and not r.get("Shared")),
        ),
    ]


def _cache_bytes(usage: Usage) -> int:
    return sum(r.get("Size") or 0 for r in usage.get("BuildCache") or () if not r.get("Shared"))


def _line(type_: str, total: int, active: int, size_bytes: int, reclaimable_bytes: int) -> Line:
    percent = int(reclaimable_bytes * 100 / size_bytes) if size_bytes > 0 else None
    return Line(type_, total, active, size_bytes, reclaimable_bytes, percent)


def render(usage: Usage, *, format: str = "", verbose: bool = False) -> str:
    """The text of `docker system df`."""
    if not verbose:
        whole = _TABLE if format in ("", "table") else _RAW if format == "raw" else format
        return render_table(NOUN, summary(usage), whole)
    if format in ("", "table"):
        return _verbose_tables(usage)
    return _verbose_template(usage, format)


class _Parts(Record):
    images: tuple[image.Row, ...]
    containers: tuple[Row, ...]
    volumes: tuple[dict[str, Any], ...]
    cache: tuple[Row, ...]


def _parts(usage: Usage, truncated: bool) -> _Parts:
    return _Parts(
        tuple(_image_row(api, truncated) for api in usage.get("Images") or ()),
        tuple(Row({**api, "SizeRootFs": 0}, truncated) for api in usage.get("Containers") or ()),
        tuple(usage.get("Volumes") or ()),
        tuple(Row(api, truncated) for api in build_cache.in_order(usage.get("BuildCache") or ())),
    )


def _image_row(api: dict[str, Any], truncated: bool) -> image.Row:
    """Only the first tag is shown, and never a digest."""
    name, tag = "<none>", "<none>"
    if api.get("RepoTags") and not image.is_dangling(api):
        name, tag, _ = split_reference(api["RepoTags"][0])
    return image.Row(api, truncated, name, tag, "")


def _verbose_tables(usage: Usage) -> str:
    parts = _parts(usage, True)
    return (
        "Images space usage:\n\n"
        + render_table(image.NOUN, parts.images, _IMAGES)
        + "\nContainers space usage:\n\n"
        + render_table(container.NOUN, parts.containers, _CONTAINERS)
        + "\nLocal Volumes space usage:\n\n"
        + render_table(volume.NOUN, parts.volumes, _VOLUMES)
        + f"\nBuild cache usage: {human_size(_cache_bytes(usage))}\n\n"
        + render_table(build_cache.NOUN, parts.cache, _CACHE)
    )


def _verbose_template(usage: Usage, format: str) -> str:
    """One execution on all four lists. What it prints gets no newline."""
    from dockercompat.cli.listing import templated

    parts = _parts(usage, False)
    members = []
    data: dict[str, Any] = {}
    for name, noun, rows in (
        ("Images", image.NOUN, parts.images),
        ("Containers", container.NOUN, parts.containers),
        ("Volumes", volume.NOUN, parts.volumes),
        ("BuildCache", build_cache.NOUN, parts.cache),
    ):
        members.append((name, templated.slice_type(noun)))
        data[name] = list(rows)
    text = "{{json .}}" if format == "json" else format
    if format == "raw":
        text = (
            "{{range .Images}}type: Image\n" + image.full_format("raw", False, True) + "\n{{end -}}\n"
            "{{range .Containers}}type: Container\n" + container.full_format("raw", False, True) + "\n{{end -}}\n"
            "{{range .Volumes}}type: Volume\n" + volume.full_format("raw", False) + "\n{{end -}}\n"
            "{{range .BuildCache}}type: Build Cache\n" + build_cache.RAW + "\n{{end -}}"
        )
    text = text.removeprefix("table").strip(" ").replace("\\t", "\t").replace("\\n", "\n")
    try:
        return templated.execute_struct("*formatter.diskUsageContext", members, data, text)
    except templated.TemplateError as failure:
        message = str(failure)
        raise ClientError(message if "executing" in message else f"template parsing error: {message}") from None
