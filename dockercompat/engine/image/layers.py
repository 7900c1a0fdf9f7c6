"""Layers on disk: where they are, how one comes in, how one that is missing is brought back, and which are no longer needed."""

from __future__ import annotations

import os
import time

from dockercompat.engine.image import store
from dockercompat.engine.image.durable import boot_id
from dockercompat.engine.image.leases import Leased
from dockercompat.engine.image.stack import layer_dir
from dockercompat.errors import DockerError, InvalidLayer
from dockercompat.host.lock import Lock
from dockercompat.kernel import idmap
from dockercompat.record import Record
from dockercompat.spec import digest as digests
from dockercompat.storage.content import ContentStore
from dockercompat.storage.extract import Extracted, extract_changeset
from dockercompat.storage.tar import open_compressed
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import BinaryIO

    from dockercompat.engine.engine import Engine

_YOUNG_NS = 600 * 1_000_000_000  # what a living process brought in later than this may belong to a build or a pull under way


class Freed(Record):
    """What a collection removed: diff IDs, and bytes of layers and blobs."""

    diff_ids: tuple[str, ...]
    size_bytes: int


def content(engine: Engine) -> ContentStore:
    return ContentStore(engine.paths.blobs_dir, engine.paths.partial_dir, engine.paths.temp_dir)


def lock(engine: Engine, diff_id: str) -> Lock:
    """Held while a layer is brought in, so that it is done once."""
    os.makedirs(engine.paths.locks_dir, 0o700, exist_ok=True)
    return Lock(f"{engine.paths.locks_dir}/layer-{digests.hex_of(diff_id)}")


def install(engine: Engine, changeset: BinaryIO, *, expected: str = "") -> Extracted:
    """Extract an uncompressed changeset into the store; the caller records it with record().

    expected  its diff ID, when it is known
    Raises    InvalidLayer for a damaged one and one that is not the expected one; DockerError for a full disk
    """
    os.makedirs(engine.paths.temp_dir, 0o700, exist_ok=True)
    temporary = f"{engine.paths.temp_dir}/layer-{os.getpid()}-{os.urandom(6).hex()}"
    os.makedirs(f"{temporary}/diff", 0o755)
    os.chmod(temporary, 0o755)
    try:
        extracted = extract_changeset(changeset, f"{temporary}/diff", single_id=idmap.current_is_single())
        if expected and extracted.diff_id != expected:
            raise InvalidLayer(
                f"wrong diff id calculated on extraction: invalid diffID for layer: expected {expected}, got {extracted.diff_id}"
            )
        adopt(engine, temporary, extracted.diff_id, extracted.size_bytes)
        return extracted
    except OSError as error:  # a full disk, a quota
        where = f"write {error.filename}: " if isinstance(error.filename, str) else ""
        raise DockerError(f"failed to register layer: {where}{(error.strerror or str(error)).lower()}") from None
    finally:
        discard(temporary)


def adopt(engine: Engine, directory: str, diff_id: str, size_bytes: int = 0) -> None:
    """Record a layer and rename its finished directory, which holds `diff`, to its place.

    The row comes first, so that a process that dies in between leaves nothing that no collection would find.
    """
    record(engine, diff_id, size_bytes)
    target = f"{engine.paths.layers_dir}/{digests.hex_of(diff_id)}"
    try:
        os.rename(directory, target)
    except OSError:
        if not os.path.isdir(f"{target}/diff"):
            raise


def claim(engine: Engine, diff_id: str) -> bool:
    """Whether a layer is here; if so, no collection takes it away before this process ends or has made an image of it."""
    changed = engine.db.execute("UPDATE layers SET maker_pid = ?, created_ns = ? WHERE diff_id = ?", (os.getpid(), time.time_ns(), diff_id))
    return changed > 0 and os.path.isdir(layer_dir(engine, diff_id))


def discard(directory: str) -> None:
    """Remove a temporary directory of layers, if it is still there."""
    if os.path.isdir(directory):
        remove_tree(directory)


def record(engine: Engine, diff_id: str, size_bytes: int) -> None:
    """Note a layer and the size of its files; it is this process's to make an image of."""
    engine.db.execute(
        "INSERT INTO layers (diff_id, size_bytes, created_ns, maker_pid, boot) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (diff_id) DO UPDATE SET size_bytes = max(size_bytes, excluded.size_bytes),"
        " created_ns = excluded.created_ns, maker_pid = excluded.maker_pid",
        (diff_id, size_bytes, time.time_ns(), os.getpid(), boot_id()),
    )


def record_blob(engine: Engine, diff_id: str, digest: str, media_type: str, size_bytes: int, *, kept: bool, repository: str = "") -> None:
    """Note a compressed or plain form of a layer: kept in the store, or known to a repository."""
    engine.db.execute(
        "INSERT OR REPLACE INTO layer_blobs (diff_id, digest, media_type, size_bytes, kept, repository) VALUES (?, ?, ?, ?, ?, ?)",
        (diff_id, digest, media_type, size_bytes, int(kept), repository),
    )


def restore(engine: Engine, diff_id: str) -> None:
    """Bring back a layer whose directory is missing: from a kept blob, else from a registry that had it. Raises DockerError."""
    with lock(engine, diff_id):
        if os.path.isdir(layer_dir(engine, diff_id)):
            return
        store = content(engine)
        rows = engine.db.all("SELECT digest, size_bytes, repository FROM layer_blobs WHERE diff_id = ?", (diff_id,))
        for row in rows:
            if store.has(row[0]):
                with store.open(row[0]) as file:
                    extracted = install(engine, open_compressed(file), expected=diff_id)
                record(engine, diff_id, extracted.size_bytes)
                return
        for row in rows:
            if row[2]:
                from dockercompat.engine.image.pull import pull_layer

                pull_layer(engine, row[2], diff_id, row[0], row[1])
                return
    raise DockerError(f"layer {diff_id} is missing from {engine.paths.layers_dir}, and no registry is known to have it")


def unneeded(engine: Engine, candidates: Iterable[str]) -> list[str]:
    """Those of some layers that no image, no container and no build result refers to."""
    wanted = set(candidates)
    if not wanted:
        return []
    for row in engine.db.all("SELECT config FROM images"):
        text = bytes(row[0])
        wanted = {diff_id for diff_id in wanted if diff_id.encode() not in text}
        if not wanted:
            return []
    for row in engine.db.all("SELECT result FROM build_cache"):
        wanted = {diff_id for diff_id in wanted if diff_id not in row[0]}
    return sorted(wanted)


def collect(engine: Engine, candidates: Iterable[str] | None = None, *, lasting: Callable[[str], bool] | None = None) -> Freed:
    """Remove layers nobody needs, their blobs, and images that only removed containers used.

    candidates  layers to look at; None: all, and blobs that belong to no layer
    What a process that lives brought in a moment ago stays, as its image may be on the way, and what a build under way counts on.
    lasting     tells which layers are to stay all the same
    """
    gone = [row for row in engine.db.all("SELECT id, config FROM images WHERE removed = 1") if not is_held(engine, row[0])]
    found = set(candidates) if candidates is not None else set()
    with engine.db.transaction():
        for row in gone:
            from dockercompat.spec.image import ImageConfig

            found.update(ImageConfig.parse(bytes(row[1])).diff_ids)
            engine.db.execute("DELETE FROM image_manifests WHERE image_id = ?", (row[0],))
            engine.db.execute("DELETE FROM tags WHERE image_id = ?", (row[0],))
            engine.db.execute("DELETE FROM images WHERE id = ?", (row[0],))
    if candidates is None:
        found.update(row[0] for row in engine.db.all("SELECT diff_id FROM layers"))
    store = content(engine)
    trash: list[str] = []
    size = 0
    removed: list[str] = []
    with engine.db.transaction(), Leased(engine) as leased:
        for diff_id in unneeded(engine, found):
            if diff_id in leased or (lasting is not None and lasting(diff_id)) or _under_way(engine, diff_id):
                continue
            found_row = engine.db.one("SELECT size_bytes FROM layers WHERE diff_id = ?", (diff_id,))
            size += found_row[0] if found_row is not None else 0
            for blob in engine.db.all("SELECT digest FROM layer_blobs WHERE diff_id = ? AND kept = 1", (diff_id,)):
                size += store.remove(blob[0])
            engine.db.execute("DELETE FROM layer_blobs WHERE diff_id = ?", (diff_id,))
            engine.db.execute("DELETE FROM layers WHERE diff_id = ?", (diff_id,))
            directory = f"{engine.paths.layers_dir}/{digests.hex_of(diff_id)}"
            aside = f"{engine.paths.temp_dir}/gone-{os.getpid()}-{digests.hex_of(diff_id)}-{os.urandom(4).hex()}"
            try:
                os.rename(directory, aside)
                trash.append(aside)
            except FileNotFoundError:
                pass
            removed.append(diff_id)
    for directory in trash:
        discard(directory)
    if candidates is None:
        size += _drop_stray_blobs(engine)
    return Freed(tuple(removed), size)


def _under_way(engine: Engine, diff_id: str) -> bool:
    """Whether another living process brought a layer in a moment ago."""
    row = engine.db.one("SELECT maker_pid, created_ns FROM layers WHERE diff_id = ?", (diff_id,))
    if row is None or row[0] in (0, os.getpid()) or time.time_ns() - row[1] > _YOUNG_NS:
        return False
    return os.path.exists(f"/proc/{row[0]}")


def _drop_stray_blobs(engine: Engine) -> int:
    """Remove blobs of pulls that died before they recorded them; the bytes that freed."""
    freed = 0
    known = {digests.hex_of(row[0]) for row in engine.db.all("SELECT digest FROM layer_blobs")}
    for name in os.listdir(engine.paths.blobs_dir):
        path = f"{engine.paths.blobs_dir}/{name}"
        if name not in known and time.time_ns() - os.stat(path).st_mtime_ns > _YOUNG_NS:
            freed += os.stat(path).st_size
            os.unlink(path)
    return freed


def is_held(engine: Engine, image_id: str) -> bool:
    """Whether a container was made of an image or has it mounted."""
    made = engine.db.one("SELECT 1 FROM containers WHERE image_id = ?", (image_id,))
    return made is not None or bool(store.containers_mounting(engine, image_id))


def sweep(engine: Engine) -> None:
    """Remove what processes that died left in the temporary directory."""
    try:
        names = os.listdir(engine.paths.temp_dir)
    except FileNotFoundError:
        return
    for name in names:
        kind, _, rest = name.partition("-")
        owner = rest.partition("-")[0]
        path = f"{engine.paths.temp_dir}/{name}"
        if kind in ("layer", "blob", "gone", "volume") and owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
            if os.path.isdir(path):
                discard(path)
            else:
                os.unlink(path)
