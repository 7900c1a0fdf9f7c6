"""docker import: a tar of a root file system becomes an image of one layer."""

from __future__ import annotations

from dockercompat.distribution.failures import explain
from dockercompat.engine.image.changes import apply_changes
from dockercompat.engine.image.compress import install_plain
from dockercompat.engine.image.create import create_image
from dockercompat.engine.system import events
from dockercompat.errors import Conflict, DockerError, Forbidden, InvalidParameter, NotFound, Unauthorized, Unavailable
from dockercompat.spec import clock
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import new_config
from dockercompat.spec.reference import parse
from dockercompat.spec.release import DOCKER_VERSION
from dockercompat.storage.tar import open_compressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO, cast

    from dockercompat.engine.engine import Engine
else:

    def cast(_, value):
        return value


_REFUSALS: dict[int, type[DockerError]] = {
    400: InvalidParameter,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
}
_COMPLAINT_MAX = 1 << 16  # bytes of a server's refusal that are shown


def import_(
    engine: Engine,
    source: BinaryIO | str,
    *,
    repository: str = "",
    message: str = "",
    changes: Sequence[str] = (),
    platform: str = "",
    begun: Callable[[], None] | None = None,
) -> str:
    """Make an image of a tar stream and return its ID. The process has joined the holder.

    source      an open file, compressed or not, or the URL of one
    repository  its name, "" for none
    begun       is called when the source answers and before it is read
    Raises      InvalidReference, InvalidParameter, InvalidLayer, Unavailable
    """
    tags: tuple[str, ...] = ()
    if repository:
        if parse(repository).digest:
            raise InvalidParameter("cannot import digest reference")
        tags = (repository,)
    wanted = platforms.parse(platform or engine.settings.platform) if platform or engine.settings.platform else platforms.of_host()
    if wanted.os != "linux":
        raise InvalidParameter("operating system is not supported")
    config = apply_changes({}, changes)
    origin = source if isinstance(source, str) else "-"
    file = open_url(source) if isinstance(source, str) else source
    if begun is not None:
        begun()
    extracted = install_plain(engine, open_compressed(file))
    created = clock.now()
    comment = message or f"Imported from {origin}"
    document = new_config(
        config=config,
        diff_ids=[extracted.diff_id],
        history=[{"created": created, "comment": comment}],
        created=created,
        platform=wanted,
        comment=comment,
        extra={"docker_version": DOCKER_VERSION},
    )
    image_id = create_image(engine, document.raw, tags=tags)
    events.record(engine, "image", "import", image_id, {"name": image_id})
    return image_id


def open_url(url: str) -> BinaryIO:
    """The body of an http answer as a stream. Raises Unavailable, InvalidParameter for another kind of URL."""
    import requests

    if url == "http:" or url.startswith(("http:///", "https:///")):
        raise Unavailable(f'Get "{url}": http: no Host in request URL')
    if not url.startswith(("http://", "https://")):
        raise InvalidParameter(f"invalid URL: {url}")
    try:
        response = requests.get(url, stream=True, timeout=(30, 60), headers={"Accept-Encoding": "identity"})
    except requests.exceptions.RequestException as error:
        raise Unavailable(f'Get "{url}": {explain(error, url)}') from None
    if response.status_code >= 400:
        text = response.raw.read(_COMPLAINT_MAX).decode(errors="replace").strip()
        refusal = _REFUSALS.get(response.status_code, Unavailable)
        raise refusal(f"failed to GET {url} with status {response.status_code} {response.reason}: {text}")
    return cast("BinaryIO", response.raw)
