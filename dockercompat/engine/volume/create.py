"""`volume create`."""

from __future__ import annotations

import os
import time

from dockercompat import json
from dockercompat.engine.system.events import record
from dockercompat.engine.volume import store
from dockercompat.errors import DockerError, InvalidParameter, NotFound
from dockercompat.spec import utf8
from dockercompat.spec.number import quoted
from dockercompat.spec.size import ram_in_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.engine.engine import Engine

_NAME_PUNCTUATION = str.maketrans("_.-", "000")
_NAME_MAX = 255  # a file's name has no more bytes
_OPTIONS = {"device": ("type",), "o": ("device", "type"), "size": (), "type": ("device",)}


def create(
    engine: Engine,
    name: str = "",
    *,
    driver: str = "",
    options: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Make a volume, or return the one that has this name already, as docker does; its Volume.

    name     "" for an anonymous one
    options  of docker's local driver: type, device, o (what mount(8) takes), size
    Raises   InvalidParameter, NotFound for another driver than local
    """
    name, labels = name_of(utf8.valid(name), labels)
    row = store.find(engine, name)
    check(name, driver, options if row is None else None, engine.paths.volumes_dir)
    if row is None:
        insert(engine, name, options=options, labels=labels)
        row = store.load(engine, name)
    store.make_dirs(engine, name)
    return store.to_json(engine, row)


def _is_name(text: str) -> bool:
    """[a-zA-Z0-9][a-zA-Z0-9_.-]+, without the 6 ms that re takes to import."""
    return len(text) > 1 and text.isascii() and text[0].isalnum() and text.translate(_NAME_PUNCTUATION).isalnum()


def name_of(name: str, labels: Mapping[str, str] | None) -> tuple[str, Mapping[str, str] | None]:
    """The name and the labels of a volume to be made; an anonymous one gets 64 hex digits and docker's label."""
    if name:
        return name, labels
    return os.urandom(32).hex(), {**(labels or {}), store.ANONYMOUS_LABEL: ""}


def insert(engine: Engine, name: str, *, options: Mapping[str, str] | None, labels: Mapping[str, str] | None) -> None:
    """Record a volume and its event; nothing happens when another command was first."""
    engine.db.check_room()
    made = engine.db.execute(
        "INSERT OR IGNORE INTO volumes (name, created_ns, anonymous, labels, options) VALUES (?, ?, ?, ?, ?)",
        (
            name,
            time.time_ns(),
            int(store.ANONYMOUS_LABEL in (labels or {})),
            json.dumps(dict(labels) if labels else None),
            json.dumps(dict(options) if options is not None else None),
        ),
    )
    if made:
        store.release_name(engine, name)
        record(engine, "volume", "create", name, {"driver": "local"})


def check(name: str, driver: str, options: Mapping[str, str] | None, volumes_dir: str) -> None:
    """Raise what docker's local driver says about a name, a driver or options that it does not take."""
    if driver not in ("", "local"):
        raise NotFound(f'create {name}: error looking up volume plugin {driver}: plugin "{driver}" not found')
    if len(name.encode(errors="surrogateescape")) < 2:
        raise InvalidParameter(f"create {name}: volume name is too short, names should be at least two alphanumeric characters")
    if not _is_name(name):
        raise InvalidParameter(
            f"create {name}: {quoted(name)} includes invalid characters for a local volume name, only"
            ' "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. '
            "If you intended to pass a host directory, use absolute path"
        )
    if len(name) > _NAME_MAX:
        path = f"{volumes_dir}/{name}"
        raise DockerError(f"create {name}: error while creating volume root path '{path}': mkdir {path}: file name too long")
    options = options or {}
    for option in options:
        if option not in _OPTIONS:
            raise InvalidParameter(f'create {name}: invalid option: "{option}"')
    if "size" in options:
        try:
            size = ram_in_bytes(options["size"])
        except ValueError as error:
            raise InvalidParameter(f"create {name}: {error}") from None
        if size > 0:
            raise InvalidParameter(f"create {name}: quota size requested but no quota support")
    for option, needed in _OPTIONS.items():
        if option in options:
            for other in needed:
                if other not in options:
                    raise InvalidParameter(f'create {name}: missing required option: "{other}"')
