"""`docker stats`: samples of GET /containers/ID/stats -> percentages and sizes in docker's columns."""

from __future__ import annotations

from dockercompat.cli.listing.table import Noun
from dockercompat.cli.listing.table import render as render_table
from dockercompat.cli.listing.text import short_id
from dockercompat.record import Record
from dockercompat.spec.size import bytes_size, human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Entry(Record):
    """One line of stats.

    container     what the person asked for, or the id
    is_unknown    no sample yet, or the container is gone: dashes are shown
    memory_bytes  without the page cache
    """

    container: str
    container_id: str = ""
    name: str = ""
    is_unknown: bool = False
    cpu_percent: float = 0.0
    memory_bytes: float = 0.0
    memory_limit_bytes: float = 0.0
    memory_percent: float = 0.0
    received_bytes: float = 0.0
    sent_bytes: float = 0.0
    read_bytes: float = 0.0
    written_bytes: float = 0.0
    pids: int = 0
    truncated: bool = True


def entry(sample: dict[str, Any] | None, container: str = "") -> Entry:
    """The line of a sample; None is a container without one."""
    if sample is None:
        return Entry(container=container, is_unknown=True)
    memory = sample.get("memory_stats") or {}
    usage, limit = _memory_without_cache(memory), float(memory.get("limit") or 0)
    networks = (sample.get("networks") or {}).values()
    read, written = _block_bytes(sample.get("blkio_stats") or {})
    container_id = str(sample.get("id") or "")
    return Entry(
        container=container or container_id,
        container_id=container_id,
        name=str(sample.get("name") or ""),
        cpu_percent=_cpu_percent(sample.get("precpu_stats") or {}, sample.get("cpu_stats") or {}),
        memory_bytes=usage,
        memory_limit_bytes=limit,
        memory_percent=usage / limit * 100.0 if limit else 0.0,
        received_bytes=sum(n.get("rx_bytes", 0) for n in networks),
        sent_bytes=sum(n.get("tx_bytes", 0) for n in networks),
        read_bytes=read,
        written_bytes=written,
        pids=int((sample.get("pids_stats") or {}).get("current") or 0),
    )


def _cpu_percent(before: dict[str, Any], now: dict[str, Any]) -> float:
    usage = now.get("cpu_usage") or {}
    used = float(usage.get("total_usage") or 0) - float((before.get("cpu_usage") or {}).get("total_usage") or 0)
    passed = float(now.get("system_cpu_usage") or 0) - float(before.get("system_cpu_usage") or 0)
    count = float(now.get("online_cpus") or len(usage.get("percpu_usage") or ()))
    return used / passed * count * 100.0 if used > 0 and passed > 0 else 0.0


def _memory_without_cache(memory: dict[str, Any]) -> float:
    usage = float(memory.get("usage") or 0)
    details = memory.get("stats") or {}
    for key in ("total_inactive_file", "inactive_file"):
        if key in details and details[key] < usage:
            return usage - float(details[key])
    return usage


def _block_bytes(blkio: dict[str, Any]) -> tuple[float, float]:
    read = written = 0.0
    for each in blkio.get("io_service_bytes_recursive") or ():
        letter = str(each.get("op") or "")[:1].lower()
        if letter == "r":
            read += each["value"]
        elif letter == "w":
            written += each["value"]
    return read, written


def _container(e: Entry) -> str:
    return e.container


def _name(e: Entry) -> str:
    return e.name.removeprefix("/") or "--"


def _id(e: Entry) -> str:
    return short_id(e.container_id) if e.truncated else e.container_id


def _cpu(e: Entry) -> str:
    return "--" if e.is_unknown else f"{e.cpu_percent:.2f}%"


def _memory(e: Entry) -> str:
    return "-- / --" if e.is_unknown else f"{bytes_size(e.memory_bytes)} / {bytes_size(e.memory_limit_bytes)}"


def _memory_percent(e: Entry) -> str:
    return "--" if e.is_unknown else f"{e.memory_percent:.2f}%"


def _network(e: Entry) -> str:
    return "--" if e.is_unknown else f"{human_size(e.received_bytes, 3)} / {human_size(e.sent_bytes, 3)}"


def _block(e: Entry) -> str:
    return "--" if e.is_unknown else f"{human_size(e.read_bytes, 3)} / {human_size(e.written_bytes, 3)}"


def _pids(e: Entry) -> str:
    return "--" if e.is_unknown else str(e.pids)


NOUN = Noun(
    go_type="*container.statsContext",
    fields={
        "Container": _container,
        "Name": _name,
        "ID": _id,
        "CPUPerc": _cpu,
        "MemUsage": _memory,
        "MemPerc": _memory_percent,
        "NetIO": _network,
        "BlockIO": _block,
        "PIDs": _pids,
    },
    titles={
        "Container": "CONTAINER",
        "Name": "NAME",
        "ID": "CONTAINER ID",
        "CPUPerc": "CPU %",
        "MemUsage": "MEM USAGE / LIMIT",
        "MemPerc": "MEM %",
        "NetIO": "NET I/O",
        "BlockIO": "BLOCK I/O",
        "PIDs": "PIDS",
    },
)

_TABLE = "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}"


def render(entries: Iterable[Entry], *, format: str = "", no_trunc: bool = False) -> str:
    """The text of one round of `docker stats`; the caller passes statsFormat of config.json where --format is not given."""
    rows = [e.replace(truncated=False) for e in entries] if no_trunc else entries
    return render_table(NOUN, rows, _TABLE if format in ("", "table") else format)
