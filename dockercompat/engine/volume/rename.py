"""`volume rename`: another name, for the containers that use the volume too."""

from __future__ import annotations

import os

from dockercompat import json
from dockercompat.engine.system.events import record
from dockercompat.engine.volume import create, store
from dockercompat.errors import Conflict, DockerError, InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine


def rename(engine: Engine, name: str, new_name: str) -> None:
    """Give a volume another name. Containers that use it go on, running or not: what they say of it has the new name.

    An anonymous volume is one with a name afterwards, so `rm -v` leaves it alone. The row changes first; should this process be killed
    before the directory has its new name too, the next command that uses the volume gives it that.
    Raises  NoSuchVolume, InvalidParameter for a bad name, Conflict for one that is taken
    """
    row = store.load(engine, name)
    try:
        create.check(new_name, "", None, engine.paths.volumes_dir)
    except DockerError as error:
        raise InvalidParameter(f"rename {name}: " + str(error).removeprefix(f"create {new_name}: ")) from None
    first, second = sorted((name, new_name))
    if first == second:
        raise InvalidParameter(f"rename {name}: the new name is the old one")
    with store.lock(engine, first), store.lock(engine, second):
        store.make_dirs(engine, name)
        with engine.db.transaction():
            row = store.load(engine, name)
            if store.find(engine, new_name) is not None:
                raise Conflict(f"rename {name}: a volume named {new_name} exists already")
            place = store.volume_dir(engine, new_name)
            if os.path.lexists(place):
                raise Conflict(f"rename {name}: {place} exists already")
            labels: dict[str, str] | None = json.loads(row["labels"])
            if labels:
                labels.pop(store.ANONYMOUS_LABEL, None)
            engine.db.execute(
                "INSERT INTO volumes (name, created_ns, anonymous, labels, options) VALUES (?, ?, 0, ?, ?)",
                (new_name, row["created_ns"], json.dumps(labels or None), row["options"]),
            )
            for user in engine.db.all(
                "SELECT id, mounts, host_config FROM containers JOIN volume_users ON container_id = id WHERE volume = ?", (name,)
            ):
                mounts, host_config = json.loads(user["mounts"]), json.loads(user["host_config"])
                _follow(engine, mounts, host_config, name, new_name)
                engine.db.execute(
                    "UPDATE containers SET mounts = ?, host_config = ? WHERE id = ?",
                    (json.dumps(mounts), json.dumps(host_config), user["id"]),
                )
            engine.db.execute("UPDATE volume_users SET volume = ? WHERE volume = ?", (new_name, name))
            engine.db.execute("DELETE FROM volumes WHERE name = ?", (name,))
            store.note_rename(engine, name, new_name)
        store.complete_rename(engine, new_name)
    record(engine, "volume", "rename", new_name, {"driver": "local", "oldName": name})


def _follow(engine: Engine, mounts: list[dict[str, Any]], host_config: dict[str, Any], name: str, new_name: str) -> None:
    """Put the new name into a container's mount points and into what was asked for it."""
    old_dir, new_dir = store.data_dir(engine, name), store.data_dir(engine, new_name)
    for point in mounts:
        if point["Type"] == "volume" and point.get("Name") == name:
            point |= {"Name": new_name, "Source": new_dir}
            if "SourcePath" in point:
                point["SourcePath"] = new_dir + point["SourcePath"][len(old_dir) :]
    binds: list[str] = host_config.get("Binds") or []
    binds[:] = [new_name + text[len(name) :] if text.startswith(f"{name}:") else text for text in binds]
    for mount in host_config.get("Mounts") or ():
        if mount.get("Type") == "volume" and mount.get("Source") == name:
            mount["Source"] = new_name
