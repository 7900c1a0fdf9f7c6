"""The image that a command needs, pulled when it must be: what run, create and the builder do before anything else."""

from __future__ import annotations

import sys

from dockercompat.errors import DockerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.engine.image.store import ImageRecord


def ensure_image(invocation: Invocation, ref: str, *, pull: str = "missing", platform: str = "", quiet: bool = False) -> ImageRecord:
    """Find an image, pulling it as --pull says; everything that is said goes to stderr. The process has joined the holder.

    pull    always, missing or never
    quiet   nothing is said
    Raises  InvalidReference, NoSuchImage when it may not be pulled, and what a pull raises
    """
    ensure = invocation.verb("image.ensure")
    shown: Any = None
    begun = False  # the engine's answer: an error in it has no prefix

    def show(message: dict[str, Any]) -> None:
        nonlocal shown, begun
        begun = begun or "stream" not in message
        if quiet:
            return
        if shown is None:
            from dockercompat.cli.progress import PullProgress

            shown = PullProgress(sys.stderr)
        shown(message)

    try:
        found: ImageRecord = ensure(invocation.engine, ref, policy=pull, platform=platform, progress=show)
        return found
    except DockerError as error:
        if begun:
            error.prefixed = False
        raise
    finally:
        if shown is not None:
            shown.close()
