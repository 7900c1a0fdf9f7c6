"""The image that a container or a build needs: found here, or pulled. The registry client is loaded only for a pull."""

from __future__ import annotations

from dockercompat.engine.image import store
from dockercompat.errors import NoSuchImage, NotFound
from dockercompat.spec import platform as platforms
from dockercompat.spec.reference import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.distribution.credentials import Credentials
    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.store import ImageRecord
    from dockercompat.spec.platform import Platform

    Message = dict[str, Any]


def ensure(
    engine: Engine,
    ref: str,
    policy: str = "missing",
    platform: str = "",
    progress: Callable[[Message], None] | None = None,
    credentials: Credentials | None = None,
) -> ImageRecord:
    """The image for `run`, `create` and FROM, pulled when need be.

    policy    always, missing, never
    progress  gets the messages of a pull, first of all a stream message "Unable to find image ..."
    Raises    NoSuchImage when it may not be pulled; what pull raises
    """
    if policy != "always":
        try:
            image = store.find(engine, ref)
            if not platform or platforms.matches(platforms.parse(platform), image.document.platform):
                return image
            from dockercompat.engine.image import extras

            part = extras.for_platform(engine, image, platforms.parse(platform))
            if part is not None:
                return part
            if policy == "never":
                raise platform_mismatch(ref, image.document.platform, platforms.parse(platform))
        except NoSuchImage:
            if policy == "never":
                raise
        if progress is not None:
            progress({"stream": f"Unable to find image '{parse(ref).tagged.familiar}' locally\n"})
    from dockercompat.engine.image.pull import pull

    for message in pull(engine, ref, platform=platform, credentials=credentials):
        if progress is not None:
            progress(message)
    image = store.find(engine, ref)
    if platform and not platforms.matches(platforms.parse(platform), image.document.platform):
        raise platform_mismatch(ref, image.document.platform, platforms.parse(platform))
    return image


def platform_mismatch(ref: str, actual: Platform, wanted: Platform) -> NotFound:
    return NotFound(f"image with reference {ref} was found but its platform ({actual}) does not match the specified platform ({wanted})")


def foreign(image: ImageRecord) -> list[str]:
    """The warning for an image that nobody asked this machine's processor to run."""
    host, own = platforms.of_host(), image.document.platform
    if platforms.matches(host, own) or not own.architecture:
        return []
    return [
        f"The requested image's platform ({own}) does not match the detected host platform ({host}) and no specific platform was requested"
    ]
