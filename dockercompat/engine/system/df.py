"""Where the space of this store went: layers of images, what containers and volumes hold, and the build cache."""

from __future__ import annotations

from dockercompat.engine.builder import list as builder_list
from dockercompat.engine.container import list as container_list
from dockercompat.engine.image import list as image_list
from dockercompat.engine.volume import list as volume_list
from dockercompat.engine.volume import store as volume_store
from dockercompat.storage.changes import files_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine


KINDS = frozenset(("image", "container", "volume", "build-cache"))


def df(engine: Engine, kinds: frozenset[str] = KINDS) -> dict[str, Any]:
    """The API's answer to GET /system/df. The process has joined the holder: the files of other ids are counted too.

    kinds  what is counted; the rest is None, and LayersSize 0 without images
    """
    return {
        "LayersSize": _layers_bytes(engine) if "image" in kinds else 0,
        "Images": image_list.list_images(engine, shared_size=True) if "image" in kinds else None,
        "Containers": container_list.list(engine, all=True, size=True) if "container" in kinds else None,
        "Volumes": _volumes(engine) if "volume" in kinds else None,
        "BuildCache": build_cache(engine) if "build-cache" in kinds else None,
    }


def _layers_bytes(engine: Engine) -> int:
    """Layers as they stand unpacked, without those that only the build cache has: what docker counts, too."""
    held = _held_by_images(engine)
    cached = {_layer_of(row["result"]) for row in engine.db.all("SELECT result FROM build_cache")}
    sizes = {row["diff_id"]: int(row["size_bytes"]) for row in engine.db.all("SELECT diff_id, size_bytes FROM layers")}
    return sum(sizes[each] for each in sizes if each not in cached or each.encode() in held)


def _held_by_images(engine: Engine) -> bytes:
    """Text that has the diff_ids of all layers that images hold."""
    return b"\n".join(bytes(row[0]) for row in engine.db.all("SELECT config FROM images"))


def _layer_of(result: str) -> str:
    """The layer of an entry of the build cache."""
    return result.partition('"layer": "')[2].partition('"')[0]


def _volumes(engine: Engine) -> list[dict[str, Any]]:
    users = {row[0]: row[1] for row in engine.db.all("SELECT volume, count(*) FROM volume_users GROUP BY volume")}
    found = []
    for volume in volume_list.list(engine)["Volumes"]:
        if volume["Options"]:  # docker counts none whose data may be somewhere else
            continue
        try:
            size = files_size(volume_store.data_dir(engine, volume["Name"]))
        except FileNotFoundError:
            size = 0
        found.append({**volume, "UsageData": {"RefCount": users.get(volume["Name"], 0), "Size": size}})
    return found


def build_cache(engine: Engine) -> list[dict[str, Any]]:
    """The entries of the build cache as the API's BuildCache records, the latest used first."""
    return [entry.to_json() for entry in reversed(builder_list.list(engine))]
