"""docker tag."""

from __future__ import annotations

from dockercompat.engine.image import store
from dockercompat.engine.system import events
from dockercompat.errors import InvalidParameter
from dockercompat.spec.reference import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def tag(engine: Engine, source: str, target: str) -> None:
    """Give the image that `source` names another name. Raises NoSuchImage, InvalidReference, InvalidParameter for a digest."""
    reference = parse(target)
    if reference.repository.rpartition("/")[2] == "sha256":
        raise InvalidParameter("refusing to create an ambiguous tag using digest algorithm as name")
    if reference.digest:
        raise InvalidParameter("refusing to create a tag with a digest reference")
    with engine.db.transaction():
        image_id = store.find_id(engine, source)
        store.set_tag(engine, reference, image_id)
    events.record(engine, "image", "tag", image_id, {"name": reference.tagged.familiar})
