"""Recording an image that was made here: by commit, import, load or the builder."""

from __future__ import annotations

from dockercompat.engine.image import store
from dockercompat.engine.system import events
from dockercompat.spec.image import ImageConfig
from dockercompat.spec.reference import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.engine import Engine


def create_image(engine: Engine, config_bytes: bytes, parent_id: str = "", tags: Sequence[str] = (), *, announced: bool = False) -> str:
    """Record an image whose layers are in the store already (layers.record); its ID.

    config_bytes  the image config; the ID is the digest of these very bytes
    parent_id     the image it was made from, "" for none
    tags          references as a person types them; an image that had one loses it
    announced     the image is an event of its own, besides its names
    Raises        InvalidReference
    """
    references = [parse(text).tagged for text in tags]
    document = ImageConfig.parse(config_bytes)
    with engine.db.transaction():
        image_id = store.add(engine, document, parent_id=parent_id)
        for reference in references:
            store.set_tag(engine, reference, image_id)
    if announced:
        events.record(engine, "image", "create", image_id, {"name": image_id})
    for reference in references:
        events.record(engine, "image", "tag", image_id, {"name": reference.familiar})
    return image_id
