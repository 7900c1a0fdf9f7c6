"""docker save: images into one archive.

Layers made here go out as plain tars.
"""

from __future__ import annotations

from dockercompat.engine.image import store
from dockercompat.engine.image.archive import Archive
from dockercompat.engine.system import events
from dockercompat.errors import DockerError, InvalidReference, NoSuchImage, NotFound
from dockercompat.spec import platform as platforms
from dockercompat.spec.reference import parse, parse_canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.archive import Writer
    from dockercompat.engine.image.store import ImageRecord
    from dockercompat.spec.reference import Reference


def save(engine: Engine, refs: Sequence[str], out: Writer, *, platform: str = "") -> None:
    """Write images as one tar stream. A name without a tag means all tags of the repository; an ID is saved without a name.

    Raises  NoSuchImage, InvalidReference before anything is written
    """
    wanted: dict[str, list[Reference]] = {}
    images: dict[str, ImageRecord] = {}
    for ref in refs:
        image, names = _named(engine, ref)
        for each in image:
            images[each.id] = each
            known = wanted.setdefault(each.id, [])
            known += [name for name in names.get(each.id, []) if name not in known]
            if platform and not platforms.is_exactly(platforms.parse(platform), each.document.platform):
                raise DockerError(f"no suitable export target found for platform {platforms.parse(platform)}")
    archive = Archive(engine, out)
    for image_id, names_of_image in wanted.items():
        archive.add(images[image_id], names_of_image)
        events.record(engine, "image", "save", image_id, {"name": image_id})
    archive.finish()


def _named(engine: Engine, ref: str) -> tuple[list[ImageRecord], dict[str, list[Reference]]]:
    """The images that a word names, and the names each of them is saved under."""
    try:
        image = store.find(engine, ref)
    except InvalidReference as error:
        raise DockerError(str(error)) from None
    except NoSuchImage:
        if "@" in ref:
            raise NotFound("reference does not exist") from None
        raise NoSuchImage(ref) from None
    if image.id.startswith(ref) or image.id.partition(":")[2].startswith(ref):
        return [image], {}
    reference = parse(ref)
    if reference.digest:
        return [image], {}
    if reference.tag:
        return [image], {image.id: [reference]}
    names: dict[str, list[Reference]] = {}
    for row in engine.db.all("SELECT reference, image_id FROM tags ORDER BY reference"):
        name = parse_canonical(row[0])
        if name.repository == reference.repository:
            names.setdefault(row[1], []).append(name)
    return [store.by_id(engine, image_id) for image_id in names], names
