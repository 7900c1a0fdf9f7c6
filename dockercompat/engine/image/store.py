"""Images in the database: records, names, and what a person's word means."""

from __future__ import annotations

import os
import time

from dockercompat.engine.image import durable
from dockercompat.errors import NoSuchImage
from dockercompat.record import Record
from dockercompat.spec import digest as digests
from dockercompat.spec.image import ImageConfig
from dockercompat.spec.reference import Reference, parse, parse_canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from typing import Any

    from dockercompat.engine.engine import Engine

_COLUMNS = "id, config, created_ns, stored_ns, parent_id, size_bytes, last_tag_ns"


class ImageRecord(Record):
    """One image here. document: its config with the raw bytes."""

    id: str
    document: ImageConfig
    created_ns: int
    stored_ns: int
    parent_id: str
    size_bytes: int
    last_tag_ns: int

    @property
    def config(self) -> dict[str, Any]:
        """What a container is started with: Env, Cmd, Entrypoint, User, ..."""
        return self.document.config

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """Layers, base first."""
        return self.document.diff_ids


def find(engine: Engine, ref: str) -> ImageRecord:
    """The image that a person's word names: a reference, an ID or a prefix of one.

    Raises  InvalidReference for a malformed word, NoSuchImage
    """
    image_id = find_id(engine, ref)
    row = engine.db.one(f"SELECT {_COLUMNS} FROM images WHERE id = ? AND removed = 0", (image_id,))
    if row is None:
        raise NoSuchImage(ref)
    return _record(row)


def find_id(engine: Engine, ref: str) -> str:
    """The ID of the image that a word names, without reading its config."""
    if len(ref) == 64 and digests.is_hex(ref):
        return _existing(engine, "sha256:" + ref)
    if digests.is_digest(ref):
        return _existing(engine, ref)
    reference = parse(ref)
    image_id = named(engine, reference) or _by_prefix(engine, ref)
    if not image_id:
        raise NoSuchImage(reference.tagged.familiar)
    return image_id


def named(engine: Engine, reference: Reference) -> str:
    """The ID of the image with this very name, "" when there is none."""
    if reference.digest:
        row = engine.db.one(
            "SELECT image_id FROM image_manifests WHERE repository = ? AND digest = ?", (reference.repository, reference.digest)
        )
    else:
        row = engine.db.one("SELECT image_id FROM tags WHERE reference = ?", (reference.tagged.canonical,))
    return row[0] if row is not None else ""


def by_id(engine: Engine, image_id: str) -> ImageRecord:
    """An image by its full ID, also one that was removed while containers still use it. Raises NoSuchImage."""
    row = engine.db.one(f"SELECT {_COLUMNS} FROM images WHERE id = ?", (image_id,))
    if row is None:
        raise NoSuchImage(image_id)
    return _record(row)


def every(engine: Engine) -> list[ImageRecord]:
    """All images, newest first."""
    return [_record(row) for row in engine.db.all(f"SELECT {_COLUMNS} FROM images WHERE removed = 0 ORDER BY created_ns DESC, id")]


def tags_of(engine: Engine, image_id: str) -> list[Reference]:
    rows = engine.db.all("SELECT reference FROM tags WHERE image_id = ? ORDER BY reference", (image_id,))
    return [parse_canonical(row[0]) for row in rows]


def digests_of(engine: Engine, image_id: str) -> list[Reference]:
    """Its names by digest: repository@sha256:..."""
    rows = engine.db.all(
        "SELECT repository, digest FROM image_manifests WHERE image_id = ? AND repository != '' ORDER BY repository, digest", (image_id,)
    )
    return [parse_canonical(row[0]).replace(digest=row[1]) for row in rows]


def children_of(engine: Engine, image_id: str) -> list[str]:
    return [row[0] for row in engine.db.all("SELECT id FROM images WHERE parent_id = ? AND removed = 0", (image_id,))]


def add(engine: Engine, document: ImageConfig, *, parent_id: str = "", created_ns: int | None = None) -> str:
    """Record an image whose layers are recorded already; its ID. One that is here stays as it is (and comes back when removed)."""
    image_id = document.image_id
    now_ns = time.time_ns()
    if created_ns is None:
        created_ns = moment_ns(str(document.fields.get("created") or ""))
    size = 0
    if document.diff_ids:
        sizes = {
            row[0]: row[1]
            for row in engine.db.all(
                f"SELECT diff_id, size_bytes FROM layers WHERE diff_id IN ({_marks(document.diff_ids)})", document.diff_ids
            )
        }
        size = sum(sizes.get(diff_id, 0) for diff_id in document.diff_ids)
    engine.db.execute(
        "INSERT INTO images (id, config, created_ns, stored_ns, parent_id, size_bytes) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET removed = 0, size_bytes = excluded.size_bytes,"
        " parent_id = CASE excluded.parent_id WHEN '' THEN parent_id ELSE excluded.parent_id END",
        (image_id, document.raw, created_ns, now_ns, parent_id, size),
    )
    if document.diff_ids:  # the image holds them now, and no longer this process
        engine.db.execute(
            f"UPDATE layers SET maker_pid = 0 WHERE maker_pid = ? AND diff_id IN ({_marks(document.diff_ids)})",
            (os.getpid(), *document.diff_ids),
        )
        durable.settle_later(engine)
    return image_id


def set_tag(engine: Engine, reference: Reference, image_id: str) -> str:
    """Give an image a name, which another image may lose; that image's ID, "" when none did."""
    canonical = reference.tagged.replace(digest="").canonical
    row = engine.db.one("SELECT image_id FROM tags WHERE reference = ?", (canonical,))
    engine.db.execute(
        "INSERT INTO tags (reference, image_id) VALUES (?, ?) ON CONFLICT (reference) DO UPDATE SET image_id = excluded.image_id",
        (canonical, image_id),
    )
    engine.db.execute("UPDATE images SET last_tag_ns = ? WHERE id = ?", (time.time_ns(), image_id))
    return row[0] if row is not None and row[0] != image_id else ""


def drop_name(engine: Engine, reference: Reference) -> None:
    """Forget a tag or a name by digest."""
    if reference.digest:
        engine.db.execute("DELETE FROM image_manifests WHERE repository = ? AND digest = ?", (reference.repository, reference.digest))
    else:
        engine.db.execute("DELETE FROM tags WHERE reference = ?", (reference.tagged.canonical,))


def add_manifest(engine: Engine, repository: str, digest: str, image_id: str, media_type: str, manifest: bytes) -> None:
    """Record what a registry calls an image. digest is the manifest's, or that of the index it was chosen from."""
    engine.db.execute(
        "INSERT OR REPLACE INTO image_manifests (repository, digest, image_id, media_type, manifest) VALUES (?, ?, ?, ?, ?)",
        (repository, digest, image_id, media_type, manifest),
    )


def manifest_of(engine: Engine, image_id: str, repository: str = "") -> bytes:
    """The manifest that an image came with, as received, preferably from a certain repository; b"" when it was made here."""
    rows = engine.db.all(
        "SELECT manifest FROM image_manifests WHERE image_id = ? AND length(manifest) > 0 ORDER BY repository = ? DESC LIMIT 1",
        (image_id, repository),
    )
    return bytes(rows[0][0]) if rows else b""


def moment_ns(text: str) -> int:
    """Nanoseconds since 1970 of a moment in a config, 0 for none or nonsense."""
    from dockercompat.spec import clock

    try:
        moment = clock.parse(text)
    except ValueError:
        return 0
    return max(moment, -(1 << 62))


def containers_using(engine: Engine, image_ids: Iterable[str]) -> list[sqlite3.Row]:
    """Rows (id, image_id, status) of the containers made from these images, oldest first."""
    ids = tuple(image_ids)
    return engine.db.all(f"SELECT id, image_id, status FROM containers WHERE image_id IN ({_marks(ids)}) ORDER BY created_ns", ids)


def containers_mounting(engine: Engine, image_id: str) -> list[str]:
    """Ids of the containers that have an image mounted (--mount type=image), oldest first."""
    rows = engine.db.all(
        "SELECT id FROM containers WHERE EXISTS"
        " (SELECT 1 FROM json_each(mounts) WHERE json_extract(value, '$.ImageId') = ?) ORDER BY created_ns",
        (image_id,),
    )
    return [row[0] for row in rows]


def _existing(engine: Engine, image_id: str) -> str:
    if engine.db.one("SELECT 1 FROM images WHERE id = ? AND removed = 0", (image_id,)) is None:
        raise NoSuchImage(image_id)
    return image_id


def _by_prefix(engine: Engine, ref: str) -> str:
    prefix = ref.removeprefix("sha256:")
    if not digests.is_hex(prefix):
        return ""
    rows = engine.db.all(
        "SELECT id FROM images WHERE id >= ? AND id < ? AND removed = 0 LIMIT 2", (f"sha256:{prefix}", f"sha256:{prefix}g")
    )
    return rows[0][0] if len(rows) == 1 else ""


def _record(row: sqlite3.Row) -> ImageRecord:
    return ImageRecord(row[0], ImageConfig.parse(bytes(row[1])), row[2], row[3], row[4], row[5], row[6])


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
