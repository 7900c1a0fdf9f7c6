"""The layers of an image as directories: all that starting a container needs to know of them."""

from __future__ import annotations

import os

from dockercompat.spec import digest as digests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.store import ImageRecord


def layer_dir(engine: Engine, diff_id: str) -> str:
    """The directory of a layer, whether it is there or not."""
    return f"{engine.paths.layers_dir}/{digests.hex_of(diff_id)}/diff"


def present(engine: Engine, diff_id: str) -> bool:
    """Whether a layer is recorded and its directory is there."""
    return os.path.isdir(layer_dir(engine, diff_id)) and engine.db.one("SELECT 1 FROM layers WHERE diff_id = ?", (diff_id,)) is not None


def layer_dirs(engine: Engine, image: ImageRecord) -> list[str]:
    """Directories of an image's layers, base first; a layer that is missing is brought back first.

    A layer that occurs twice stands where it occurs last: the upper one decides everything.
    """
    return dirs(engine, image.diff_ids)


def dirs(engine: Engine, diff_ids: Sequence[str]) -> list[str]:
    """layer_dirs for a stack of layers that need not be an image."""
    wanted = list(reversed(dict.fromkeys(reversed(diff_ids))))
    for diff_id in wanted:
        if not os.path.isdir(layer_dir(engine, diff_id)):
            from dockercompat.engine.image.layers import restore  # a rare repair that needs the registry client

            restore(engine, diff_id)
    return [layer_dir(engine, diff_id) for diff_id in wanted]
