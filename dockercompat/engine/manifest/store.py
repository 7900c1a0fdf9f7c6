"""Manifest lists being put together: a directory a list below docker's configuration, a file a manifest, as the real client keeps them."""

from __future__ import annotations

import base64
import os
import shutil

from dockercompat import json
from dockercompat.host import files
from dockercompat.record import Record
from dockercompat.spec.image import Descriptor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine
    from dockercompat.spec.reference import Reference


class Member(Record):
    """One manifest of a list: where it is, what it is, its bytes."""

    ref: str
    descriptor: Descriptor
    raw: bytes


def directory(engine: Engine, name: Reference) -> str:
    """Where the manifests of a list are."""
    return f"{engine.paths.config_dir}/manifests/{_file_name(name)}"


def members(engine: Engine, name: Reference) -> list[Member]:
    """The manifests of a list; empty when there is no such list."""
    place = directory(engine, name)
    try:
        names = sorted(os.listdir(place))
    except FileNotFoundError:
        return []
    return [_read(f"{place}/{each}") for each in names if not each.startswith(".")]


def put(engine: Engine, name: Reference, member: Member) -> None:
    """Keep a manifest in a list, in place of the one that is there under its ref. Raises OSError."""
    place = directory(engine, name)
    os.makedirs(place, 0o755, exist_ok=True)
    fields = {
        "Ref": member.ref,
        "Descriptor": member.descriptor.to_json(),
        "Raw": base64.b64encode(member.raw).decode(),
        "OCIManifest" if "oci" in member.descriptor.media_type else "SchemaV2Manifest": json.loads(member.raw),
    }
    text = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    files.replace(f"{place}/{_escaped(member.ref)}", lambda file: file.write(text.encode()), mode=0o644, synced=False)


def remove(engine: Engine, name: Reference) -> bool:
    """Forget a list; whether there was one."""
    place = directory(engine, name)
    if not os.path.isdir(place):
        return False
    shutil.rmtree(place)
    return True


def _read(path: str) -> Member:
    with open(path, encoding="utf-8") as file:
        fields = json.load(file)
    return Member(fields["Ref"], Descriptor.from_json(fields["Descriptor"]), base64.b64decode(fields["Raw"]))


def _file_name(name: Reference) -> str:
    return _escaped(name.tagged.canonical)


def _escaped(text: str) -> str:
    return text.replace(":", "-").replace("/", "_")
