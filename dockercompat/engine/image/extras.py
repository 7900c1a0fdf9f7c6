"""What a build says of an image besides its config, for registries and archives: annotations, other platforms, attestations."""

from __future__ import annotations

from dockercompat import json
from dockercompat.engine.image import store
from dockercompat.record import Record
from dockercompat.spec import platform as platforms
from dockercompat.spec.image_set import Annotation, Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.store import ImageRecord
    from dockercompat.spec.platform import Platform


class Extras(Record):
    """members: IDs of all its platforms' images in order, its own among them, () for one alone; statements: of image IDs."""

    annotations: tuple[Annotation, ...] = ()
    members: tuple[str, ...] = ()
    statements: tuple[tuple[str, tuple[Statement, ...]], ...] = ()


def keep(engine: Engine, image_id: str, extras: Extras) -> None:
    """Note what belongs to an image, in place of what was known; inside the caller's transaction or one of its own."""
    with engine.db.transaction():
        engine.db.execute("DELETE FROM image_extras WHERE image_id = ?", (image_id,))
        if extras != Extras():
            body = {
                "annotations": [[each.level, each.platform, each.key, each.value] for each in extras.annotations],
                "members": list(extras.members),
                "statements": {key: [[each.predicate_type, each.predicate] for each in all] for key, all in extras.statements},
            }
            engine.db.execute("INSERT INTO image_extras (image_id, body) VALUES (?, ?)", (image_id, json.dumps(body)))


def of(engine: Engine, image_id: str) -> Extras:
    """What is known of an image, empty for most."""
    row = engine.db.one("SELECT body FROM image_extras WHERE image_id = ?", (image_id,))
    if row is None:
        return Extras()
    body = json.loads(row[0])
    return Extras(
        tuple(Annotation(*each) for each in body["annotations"]),
        tuple(body["members"]),
        tuple((key, tuple(Statement(*each) for each in all)) for key, all in body["statements"].items()),
    )


def images(engine: Engine, image: ImageRecord, extras: Extras) -> list[ImageRecord]:
    """The images of all platforms of an image, in order."""
    return [image if each == image.id else store.by_id(engine, each) for each in extras.members or (image.id,)]


def for_platform(engine: Engine, image: ImageRecord, wanted: Platform) -> ImageRecord | None:
    """The image of a platform among those of an image that is another platform's."""
    members = images(engine, image, of(engine, image.id))
    number = platforms.choose(wanted, [each.document.platform for each in members])
    return members[number] if number >= 0 else None


def hide(engine: Engine, image_ids: Sequence[str], present: Sequence[str]) -> None:
    """Images that are parts of another one are no images of their own, unless they were present before or have names."""
    for image_id in image_ids:
        if image_id not in present:
            engine.db.execute(
                "UPDATE images SET removed = 2 WHERE id = ? AND NOT EXISTS (SELECT 1 FROM tags WHERE image_id = images.id)", (image_id,)
            )


def release(engine: Engine, image_id: str) -> None:
    """An image goes: its parts go with it, as far as no other image has them."""
    gone = set(of(engine, image_id).members)
    engine.db.execute("DELETE FROM image_extras WHERE image_id = ?", (image_id,))
    for row in engine.db.all("SELECT body FROM image_extras"):
        gone -= set(json.loads(row[0])["members"])
    for each in gone - {image_id}:
        engine.db.execute("UPDATE images SET removed = 1 WHERE id = ? AND removed = 2", (each,))
