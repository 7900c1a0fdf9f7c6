"""docker rmi: names are taken away, and with the last one the image, as far as nothing uses it."""

from __future__ import annotations

from dockercompat.engine.image import extras, layers, store
from dockercompat.engine.image.ensure import platform_mismatch
from dockercompat.engine.system import events
from dockercompat.errors import Conflict, InvalidParameter
from dockercompat.spec import digest as digests
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import chain_ids
from dockercompat.spec.reference import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.store import ImageRecord
    from dockercompat.spec.reference import Reference

_RUNNING = ("running", "paused", "restarting")


class ImageConflict(Conflict):
    """Something keeps an image from being deleted. used: a container does."""

    def __init__(self, image_id: str, message: str, *, hard: bool = False, used: bool = False) -> None:
        forced = "cannot be forced" if hard else "must be forced"
        super().__init__(f"conflict: unable to delete {digests.short(image_id)} ({forced}) - {message}")
        self.used = used


def remove(
    engine: Engine, ref: str, *, force: bool = False, prune_parents: bool = True, wanted: Sequence[str] = ()
) -> list[dict[str, str]]:
    """Remove a name or an image; what happened, in order: {"Untagged": name} and {"Deleted": id of the image or chain ID of a layer}.

    wanted  platforms, of which the image's must be one
    Raises  NoSuchImage, InvalidReference, ImageConflict, Conflict
    """
    if len(wanted) > 1:
        raise InvalidParameter("multiple platforms are not supported")
    records: list[dict[str, str]] = []
    candidates: list[str] = []
    with engine.db.transaction():
        image = store.find(engine, ref)
        if wanted and not any(platforms.matches(platforms.parse(each), image.document.platform) for each in wanted):
            raise platform_mismatch(ref, image.document.platform, platforms.parse(wanted[0]))
        names = _names(engine, image.id)
        if _is_id(image.id, ref):
            if _single(names):
                _check(engine, image.id, force=force, names=False)
                for name in names:
                    _untag(engine, image.id, name, records)
            finished = False
            quiet = False
        else:
            if not force and _single(names):
                users = [row["id"] for row in store.containers_using(engine, [image.id])]
                users += store.containers_mounting(engine, image.id)
                if users:
                    raise Conflict(
                        f'conflict: unable to remove repository reference "{ref}" (must force) - container {users[0][:12]}'
                        f" is using its referenced image {digests.short(image.id)}"
                    )
            finished = _remove_name(engine, image.id, parse(ref).tagged, records)
            quiet = True
        if not finished:
            _delete(engine, image, records, candidates, force=force, prune_parents=prune_parents, quiet=quiet)
    _clean(engine, candidates)
    return records


def _names(engine: Engine, image_id: str) -> list[Reference]:
    return store.tags_of(engine, image_id) + store.digests_of(engine, image_id)


def _is_id(image_id: str, ref: str) -> bool:
    return image_id.startswith(ref) or image_id.partition(":")[2].startswith(ref)


def _single(names: Sequence[Reference]) -> bool:
    """At most one tag, and digests of the same repository only."""
    if len(names) <= 1:
        return True
    tags = [name for name in names if not name.digest]
    if len(tags) > 1:
        return False
    first = tags[0] if tags else names[0]
    return {name.repository for name in names if name.digest} == {first.repository}


def _untag(engine: Engine, image_id: str, name: Reference, records: list[dict[str, str]]) -> None:
    store.drop_name(engine, name)
    events.record(engine, "image", "untag", image_id, {"name": image_id})
    records.append({"Untagged": name.familiar})


def _remove_name(engine: Engine, image_id: str, name: Reference, records: list[dict[str, str]]) -> bool:
    """Take a name away, and with the last tag of a repository its digests; whether the image has other names still."""
    _untag(engine, image_id, name.replace(tag="") if name.digest else name, records)
    left = _names(engine, image_id)
    if not name.digest and not any(other.repository == name.repository and not other.digest for other in left):
        for other in left:
            if other.digest and other.repository == name.repository:
                _untag(engine, image_id, other, records)
        left = _names(engine, image_id)
    return bool(left)


def _check(engine: Engine, image_id: str, *, force: bool, names: bool = True) -> None:
    """Raises ImageConflict. names: other names of the image are a conflict too."""
    if store.children_of(engine, image_id):
        raise ImageConflict(image_id, "image has dependent child images", hard=True)
    users = store.containers_using(engine, [image_id])
    for row in users:
        if row["status"] in _RUNNING:
            raise ImageConflict(image_id, f"image is being used by running container {row['id'][:12]}", hard=True, used=True)
    if force:
        return
    if names and _names(engine, image_id):
        raise ImageConflict(image_id, "image is referenced in multiple repositories")
    if users:
        raise ImageConflict(image_id, f"image is being used by stopped container {users[0]['id'][:12]}", used=True)


def _delete(
    engine: Engine,
    image: ImageRecord,
    records: list[dict[str, str]],
    candidates: list[str],
    *,
    force: bool,
    prune_parents: bool,
    quiet: bool,
) -> None:
    try:
        _check(engine, image.id, force=force)
    except ImageConflict as conflict:
        dangling = not _names(engine, image.id) and not store.children_of(engine, image.id)
        if quiet and (not dangling or conflict.used):
            return
        raise
    for name in _names(engine, image.id):
        _untag(engine, image.id, name, records)
    extras.release(engine, image.id)
    if layers.is_held(engine, image.id):  # what a container stands on stays
        engine.db.execute("UPDATE images SET removed = 1, parent_id = '' WHERE id = ?", (image.id,))
    else:
        engine.db.execute("DELETE FROM image_manifests WHERE image_id = ?", (image.id,))
        engine.db.execute("DELETE FROM images WHERE id = ?", (image.id,))
        candidates += image.diff_ids
    events.record(engine, "image", "delete", image.id, {"name": image.id})
    records.append({"Deleted": image.id})
    needed = {chain for other in _every_stack(engine) for chain in chain_ids(other)}
    records += [{"Deleted": chain} for chain in reversed(chain_ids(image.diff_ids)) if chain not in needed]
    if not prune_parents or not image.parent_id:
        return
    parent = engine.db.one("SELECT id FROM images WHERE id = ? AND removed = 0", (image.parent_id,))
    if parent is not None:
        above = store.by_id(engine, parent[0])
        _delete(engine, above, records, candidates, force=False, prune_parents=True, quiet=True)


def _every_stack(engine: Engine) -> list[tuple[str, ...]]:
    from dockercompat.spec.image import ImageConfig

    return [ImageConfig.parse(bytes(row[0])).diff_ids for row in engine.db.all("SELECT config FROM images")]


def _clean(engine: Engine, candidates: Sequence[str]) -> int:
    return layers.collect(engine, candidates).size_bytes
