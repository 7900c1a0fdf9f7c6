"""What happened: every verb records, `events` lists the past and follows the present by polling the table."""

from __future__ import annotations

import time

from dockercompat import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.spec.filter import Filters

    Event = tuple[str, str, str, Mapping[str, str]]

_KEPT = 10_000  # events in the table; older ones go when a multiple of _TRIM_EVERY is passed
_TRIM_EVERY = 1_000
_POLL_S = 0.1
_OBJECTS = ("config", "container", "daemon", "network", "node", "plugin", "secret", "service", "volume")
_WITH_WORDS = frozenset(("exec_create", "exec_start", "health_status"))  # actions that go on after a colon
_LAST_NS = 2**63 - 1


def record(engine: Engine, type: str, action: str, actor: str, attributes: Mapping[str, str]) -> None:
    """Note one event.

    type        container image volume network builder
    action      docker's word: create, die, pull, "health_status: healthy"
    actor       full id of a container or network, an image's id or reference, a volume's name
    attributes  docker's: name, image, exitCode, signal, labels of the container; those of an image that is there come by themselves
    """
    if type == "image" and actor.startswith("sha256:"):
        attributes = {**_labels(engine, actor), **attributes}
    _insert(engine, (type, action, actor, attributes))


def _labels(engine: Engine, image_id: str) -> dict[str, str]:
    """The labels of an image, none when it is gone."""
    row = engine.db.one("SELECT config FROM images WHERE id = ?", (image_id,))
    document: dict[str, Any] = json.loads(bytes(row["config"])) if row is not None else {}
    labels: dict[str, str] | None = (document.get("config") or {}).get("Labels")
    return labels or {}


def record_many(engine: Engine, events: Iterable[Event]) -> None:
    """Note events that follow each other, each as the arguments of `record`, in one transaction."""
    with engine.db.transaction():
        for event in events:
            _insert(engine, event)


def _insert(engine: Engine, event: Event) -> None:
    type, action, actor, attributes = event
    engine.db.execute(
        "INSERT INTO events (time_ns, type, action, actor, attributes) VALUES (?, ?, ?, ?, ?)",
        (time.time_ns(), type, action, actor, json.dumps(dict(attributes), sort_keys=True)),
    )
    row = engine.db.one("SELECT last_insert_rowid()")
    if row is not None and row[0] % _TRIM_EVERY == 0:
        engine.db.execute("DELETE FROM events WHERE seq <= ?", (row[0] - _KEPT,))


def events(
    engine: Engine,
    *,
    since_ns: int | None = None,
    until_ns: int | None = None,
    filters: Filters | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield events as the API's EventMessage; follows for ever unless until_ns is given and reached.

    since_ns  list from this moment first; None: only what happens from now on, with until_ns all that is remembered
    filters   names that docker does not know are no condition
    """
    since_ns = since_ns if since_ns is None else min(since_ns, _LAST_NS)
    if since_ns is None and until_ns is None:
        row = engine.db.one("SELECT coalesce(max(seq), 0) FROM events")
        seq, since_ns = (row[0] if row else 0), 0
    else:
        seq, since_ns = 0, since_ns or 0
    while True:
        last_round = until_ns is not None and time.time_ns() >= until_ns
        for row in engine.db.all("SELECT * FROM events WHERE seq > ? AND time_ns >= ? ORDER BY seq", (seq, since_ns)):
            seq = row["seq"]
            if until_ns is not None and row["time_ns"] > until_ns:
                return
            message = _message(row["time_ns"], row["type"], row["action"], row["actor"], json.loads(row["attributes"]))
            if filters is None or _matches(message, filters):
                yield message
        if last_round:
            return
        pause_s = _POLL_S if until_ns is None else min(_POLL_S, max(0.0, (until_ns - time.time_ns()) / 1e9))
        time.sleep(pause_s)


def _message(time_ns: int, type: str, action: str, actor: str, attributes: dict[str, str]) -> dict[str, Any]:
    message: dict[str, Any] = {}
    if type in ("container", "image"):
        message = {"status": action, "id": actor}
        if type == "container":
            message["from"] = attributes.get("image", "")
    message.update(
        {
            "Type": type,
            "Action": action,
            "Actor": {"ID": actor, "Attributes": attributes},
            "scope": "local",
            "time": time_ns // 1_000_000_000,
            "timeNano": time_ns,
        }
    )
    return message


def _matches(message: dict[str, Any], filters: Filters) -> bool:
    """docker's conditions. The filters of objects are the beginning of an id or a name, whatever kind of object an event is about."""
    actor: str = message["Actor"]["ID"]
    attributes: dict[str, str] = message["Actor"]["Attributes"]
    action: str = message["Action"]
    whole = not _WITH_WORDS.intersection(filters.get("event"))
    return (
        (filters.exact("event", action) if whole else filters.prefix("event", action))
        and filters.exact("type", message["Type"])
        and filters.exact("scope", message["scope"])
        and all(filters.prefix(kind, actor) or filters.prefix(kind, attributes.get("name", "")) for kind in _OBJECTS if kind in filters)
        and ("image" not in filters or _has_image(message, filters))
        and all(_has_label(attributes, wanted) for wanted in filters.get("label"))
    )


def _has_image(message: dict[str, Any], filters: Filters) -> bool:
    from dockercompat.errors import InvalidReference
    from dockercompat.spec.reference import parse

    names = [message["Actor"]["ID"], message["Actor"]["Attributes"].get("name" if message["Type"] == "image" else "image", "")]
    for name in tuple(names):
        try:
            names.append(parse(name).familiar_name)
        except InvalidReference:
            continue
    return any(filters.exact("image", name) for name in names)


def _has_label(attributes: dict[str, str], wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    return key in attributes and (not equals or attributes[key] == value)
