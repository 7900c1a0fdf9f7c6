"""`rewrite-timestamp`: no time stamp in new layers is later than SOURCE_DATE_EPOCH, so a RUN gives the same bytes on any day."""

from __future__ import annotations

import os
import tempfile

from dockercompat.engine.image import layers, stack
from dockercompat.errors import BuildFailed, InvalidParameter
from dockercompat.spec.number import parse_bool
from dockercompat.storage.pack import pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.build.request import Output
    from dockercompat.engine.engine import Engine


def asked(output: Output | None) -> bool:
    """Whether an output wants it. Raises BuildFailed for what is no truth value."""
    text = output.get("rewrite-timestamp") if output is not None else ""
    if not text:
        return False
    try:
        return parse_bool(text)
    except InvalidParameter as error:
        raise BuildFailed(f"failed to solve: non-bool value specified for rewrite-timestamp: {error}") from None


def clamped(engine: Engine, diff_ids: Sequence[str], base: Sequence[str], latest_s: int) -> tuple[str, ...]:
    """The same stack with later times set to latest_s. Layers of the base image stay, and so does one that has no later time.

    base  layers of the image it was built on; those that the stack begins with are not new
    """
    kept = 0
    while kept < min(len(base), len(diff_ids)) and base[kept] == diff_ids[kept]:
        kept += 1
    return (*diff_ids[:kept], *(_clamp(engine, diff_id, latest_s) for diff_id in diff_ids[kept:]))


def _clamp(engine: Engine, diff_id: str, latest_s: int) -> str:
    (directory,) = stack.dirs(engine, [diff_id])
    os.makedirs(engine.paths.temp_dir, 0o700, exist_ok=True)
    with tempfile.TemporaryFile(dir=engine.paths.temp_dir) as file:
        made = pack(directory, file, latest_s=latest_s)
        if made != diff_id and not layers.claim(engine, made):
            file.seek(0)
            with layers.lock(engine, made):
                if not layers.claim(engine, made):
                    layers.install(engine, file, expected=made)
        return made
