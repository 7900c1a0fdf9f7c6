"""Listing containers: what GET /containers/json answers, with docker's filters."""

from __future__ import annotations

import time

from dockercompat import json
from dockercompat.engine.container import state, store
from dockercompat.errors import DockerError, InvalidParameter, NoSuchImage, NotFound
from dockercompat.spec import container as spec
from dockercompat.spec import duration, port
from dockercompat.spec.filter import Filters

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from builtins import list as _list
    from collections.abc import Callable
    from typing import Any

    from dockercompat.engine.engine import Engine

_FILTERS = (
    "ancestor",
    "before",
    "exited",
    "expose",
    "health",
    "id",
    "is-task",
    "isolation",
    "label",
    "name",
    "network",
    "publish",
    "since",
    "status",
    "volume",
)
_STATES = ("created", "running", "paused", "restarting", "removing", "exited", "dead")
_HEALTHS = ("none", "starting", "healthy", "unhealthy")
_LIVE = ("running", "paused", "restarting")


def list(engine: Engine, filters: Filters | None = None, *, all: bool = False, limit: int = 0, size: bool = False) -> _list[dict[str, Any]]:
    """Containers as docker's list shows them, newest first: running ones, or all, or the newest `limit` of all.

    size    with SizeRw and SizeRootFs; the process has joined the holder then
    Raises  InvalidParameter for an unknown filter or value, NoSuchContainer for the one that before or since names
    """
    filters = filters or Filters()
    filters.check(_FILTERS)
    keep = _conditions(engine, filters)
    every = all or limit > 0 or "status" in filters
    statuses = () if every else _LIVE
    rows = store.listed(engine, statuses)
    if state.refresh(engine, rows):
        rows = store.listed(engine, statuses)
    names = _image_names(engine)
    found: _list[dict[str, Any]] = []
    for row in rows:
        if any(not condition(row) for condition in keep):
            continue
        found.append(_summary(engine, row, names, size=size))
        if limit > 0 and len(found) == limit:
            break
    return found


def _conditions(engine: Engine, filters: Filters) -> _list[Callable[[sqlite3.Row], bool]]:
    """One test for each filter that was given."""
    keep: _list[Callable[[sqlite3.Row], bool]] = []
    if "status" in filters:
        for value in filters.get("status"):
            if value not in _STATES:
                raise InvalidParameter(
                    f"invalid filter 'status={value}': invalid value for state ({value}): must be one of {', '.join(_STATES)}"
                )
        keep.append(lambda row: filters.exact("status", row["status"]))
    if "exited" in filters:
        codes = {_exit_code(value) for value in filters.get("exited")}
        keep.append(lambda row: row["status"] == "exited" and row["exit_code"] in codes)
    if "health" in filters:
        for value in filters.get("health"):
            if value not in _HEALTHS:
                raise InvalidParameter(
                    f"invalid filter 'health={value}': invalid value for health ({value}): must be one of {', '.join(_HEALTHS)}"
                )
        keep.append(lambda row: filters.exact("health", _health(row) or "none"))
    if "is-task" in filters and filters.boolean("is-task", False):
        keep.append(lambda row: False)
    if "id" in filters:
        ids = {_id_of_prefix(engine, ref) for ref in filters.get("id")}
        keep.append(lambda row: row["id"] in ids)
    if "name" in filters:
        keep.append(lambda row: filters.regex("name", row["name"]) or filters.regex("name", "/" + row["name"]))
    if "label" in filters:
        keep.append(lambda row: filters.labels(json.loads(row["labels"] or "{}")))
    for name, newer in (("since", True), ("before", False)):
        if name in filters:
            moments = [_created_ns(engine, ref) for ref in filters.get(name)]
            keep.append(_created(min(moments) if newer else max(moments), newer=newer))
    if "volume" in filters:
        wanted = set(filters.get("volume"))
        keep.append(
            lambda row: any(
                point.get("Name") in wanted or point["Destination"] in wanted or (point["Type"] == "bind" and point["Source"] in wanted)
                for point in json.loads(row["mounts"])
            )
        )
    if "network" in filters:
        keep.append(_in_network(filters.get("network")))
    if "ancestor" in filters:
        images = _descendants(engine, filters.get("ancestor"))
        keep.append(lambda row: row["image_id"] in images)
    if "publish" in filters or "expose" in filters:
        published, exposed = _port_keys(filters.get("publish"), "publish"), _port_keys(filters.get("expose"), "expose")
        keep.append(
            lambda row: any(
                f"{each.get('PublicPort', 0)}/{each['Type']}" in published or f"{each['PrivatePort']}/{each['Type']}" in exposed
                for each in _ports(row)
            )
        )
    return keep


def _id_of_prefix(engine: Engine, ref: str) -> str:
    """The id that begins so; "" when none or several do, which docker takes for no match."""
    rows = engine.db.all("SELECT id FROM containers WHERE id >= ? AND id < ? LIMIT 2", (ref, ref + "g"))
    return str(rows[0]["id"]) if len(rows) == 1 and ref else ""


def _created_ns(engine: Engine, ref: str) -> int:
    if not ref:
        raise NotFound("No such container:")
    return int(state.resolve(engine, ref).row["created_ns"])


def _exit_code(text: str) -> int:
    from dockercompat.spec.number import parse_int

    try:
        return parse_int(text, function="Atoi")
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid filter 'exited={text}': {error}") from None


def _created(created_ns: int, *, newer: bool) -> Callable[[sqlite3.Row], bool]:
    if newer:
        return lambda row: row["created_ns"] > created_ns
    return lambda row: row["created_ns"] < created_ns


def _in_network(refs: _list[str]) -> Callable[[sqlite3.Row], bool]:
    """Names of networks, or what their ids begin with; one that has never run is in its networks by name alone."""

    def fits(row: sqlite3.Row) -> bool:
        return any(
            name == ref or each["NetworkID"].startswith(ref) for name, each in endpoints(row, row["network_mode"]).items() for ref in refs
        )

    return fits


def _descendants(engine: Engine, refs: _list[str]) -> set[str]:
    from dockercompat.engine.image import store as images

    found: set[str] = set()
    waiting: _list[str] = []
    for ref in refs:
        try:
            waiting.append(images.find_id(engine, ref))
        except (NoSuchImage, InvalidParameter):
            continue
    while waiting:
        image_id = waiting.pop()
        if image_id not in found:
            found.add(image_id)
            waiting += images.children_of(engine, image_id)
    return found


def _port_keys(texts: _list[str], name: str) -> set[str]:
    keys: set[str] = set()
    for text in texts:
        number, protocol = port.split_protocol(text)
        try:
            first, last = port.parse_range("-".join(number.split("-")[:2]))
        except InvalidParameter as error:
            problem = _engine_words(number, str(error))
            raise DockerError(f"error while looking up for {name} {text}: {problem}") from None
        keys |= {f"{each}/{protocol}" for each in range(first, last + 1)}
    return keys


def _engine_words(number: str, problem: str) -> str:
    """docker's engine says two things otherwise than its client."""
    if not number:
        return "Empty string specified for ports."
    return f"Invalid range specified for the Port: {number}" if problem.startswith("invalid range") else problem


def _image_names(engine: Engine) -> dict[str, str]:
    return {row["reference"]: row["image_id"] for row in engine.db.all("SELECT reference, image_id FROM tags")}


def _shown_image(ref: str, image_id: str, names: dict[str, str]) -> str:
    """The image as it was asked for, or its id when that name has gone to another one."""
    tagged = ref if ":" in ref.rpartition("/")[2] else ref + ":latest"
    for prefix in ("docker.io/library/", "docker.io/", ""):
        named = names.get(prefix + tagged)
        if named is not None:
            return ref if named == image_id else image_id
    return ref if "@" in ref or image_id.startswith((ref, "sha256:" + ref)) else image_id


def _summary(engine: Engine, row: sqlite3.Row, names: dict[str, str], *, size: bool) -> dict[str, Any]:
    words = (json.loads(row["entrypoint"]) if row["entrypoint"] else []) + (json.loads(row["cmd"]) if row["cmd"] else [])
    summary: dict[str, Any] = {
        "Id": row["id"],
        "Names": ["/" + row["name"]],
        "Image": _shown_image(row["image_ref"], row["image_id"], names),
        "ImageID": row["image_id"],
        "Command": " ".join([words[0], *(f"'{word}'" if " " in word else word for word in words[1:])]) if words else "",
        "Created": row["created_ns"] // 10**9,
        "Ports": _ports(row),
    }
    if size:
        from dockercompat.engine.container.size import writable_bytes

        image = engine.db.one("SELECT size_bytes FROM images WHERE id = ?", (row["image_id"],))
        written = writable_bytes(engine, row["id"])
        if written:
            summary["SizeRw"] = written
        summary["SizeRootFs"] = written + (image["size_bytes"] if image is not None else 0)
    summary |= {
        "Labels": json.loads(row["labels"]) if row["labels"] not in (None, "{}") else {},
        "State": row["status"],
        "Status": status_text(row),
        "HostConfig": {"NetworkMode": row["network_mode"]},
        "NetworkSettings": {"Networks": endpoints(row, row["network_mode"])},
        "Mounts": store.shown_mounts(json.loads(row["mounts"])) if row["mounts"] != "[]" else [],
    }
    return summary


def _health(row: sqlite3.Row) -> str:
    return json.loads(row["health"])["Status"] if row["health"] else ""


def status_text(row: sqlite3.Row) -> str:
    """docker's words on a container's state: Up 3 minutes (healthy), Exited (0) 2 hours ago."""
    return duration.status(
        row["status"],
        time.time(),
        started_at_s=row["started_ns"] / 1e9 if row["started_ns"] else None,
        finished_at_s=row["finished_ns"] / 1e9 if row["finished_ns"] else None,
        exit_code=row["exit_code"],
        health=_health(row),
    )


def _ports(row: sqlite3.Row) -> _list[dict[str, Any]]:
    found: _list[dict[str, Any]] = []
    if row["status"] not in ("running", "paused"):
        return found
    for key, bindings in json.loads(row["ports"]).items():
        number, protocol = port.split_protocol(key)
        if not bindings:
            found.append({"PrivatePort": int(number), "Type": protocol})
        for each in bindings or ():
            found.append({"IP": each["HostIp"], "PrivatePort": int(number), "PublicPort": int(each["HostPort"]), "Type": protocol})
    return found


def endpoints(row: sqlite3.Row, mode: str) -> dict[str, Any]:
    """NetworkSettings.Networks: as they are while it runs, else as they were asked for; mode is HostConfig.NetworkMode.

    One that has run keeps the ids of its networks and its names in them.
    """
    known: dict[str, Any] = json.loads(row["endpoints"]) if row["endpoints"] not in ("", "{}") else {}
    if known and row["status"] in ("running", "paused"):
        return known
    if mode.startswith("container:"):
        return {}
    asked: dict[str, Any] = json.loads(row["networking"])
    result = {name: spec.endpoint(settings) for name, settings in asked.items() if settings is not None}
    if mode not in asked:
        result = {mode: spec.endpoint({}), **result}
    for name in result.keys() & known.keys():
        result[name] |= {"MacAddress": "", **{key: known[name][key] for key in ("NetworkID", "DNSNames")}}
    return result
