"""The result of a build as an image: config and history as BuildKit writes them, recorded and named in the store."""

from __future__ import annotations

import time

from dockercompat.engine.image.create import create_image
from dockercompat.spec import clock
from dockercompat.spec.image import ImageConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.build.graph import Plan
    from dockercompat.build.solve import Outcome
    from dockercompat.engine.engine import Engine

_ORDER = ("architecture", "author", "config", "created", "history", "os", "rootfs", "variant")


def image_config(plan: Plan, outcomes: Mapping[str, Outcome], epoch_s: int | None = None) -> ImageConfig:
    """The document of the image that a solved plan makes. The same cached steps give the same bytes.

    epoch_s  SOURCE_DATE_EPOCH: what every new entry and the image itself say of their time
    """
    history = [_entry(entry, outcomes, epoch_s) for entry in plan.image["history"]]
    _fill_created(history)
    fields = {name: value for name, value in plan.image.items() if value not in ("", None)}
    fields["config"] = dict(sorted(plan.image["config"].items()))
    now = clock.format_ns(time.time_ns() if epoch_s is None else epoch_s * 1_000_000_000)
    fields["created"] = history[-1]["created"] if history and epoch_s is None else now
    fields["history"] = history
    fields["rootfs"] = {"type": "layers", "diff_ids": list(outcomes[plan.result].diff_ids)}
    ordered = {name: fields.pop(name) for name in _ORDER if name in fields}
    return ImageConfig.make({**ordered, **fields})


def _entry(entry: Mapping[str, Any], outcomes: Mapping[str, Outcome], epoch_s: int | None) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if epoch_s is not None and not entry.get("created"):
        made["created"] = clock.format_ns(epoch_s * 1_000_000_000)
    elif "vertex" in entry:
        made["created"] = clock.format_ns(outcomes[entry["vertex"]].created_ns)
    elif entry.get("created"):
        made["created"] = entry["created"]
    return {**made, **{name: value for name, value in entry.items() if name not in ("vertex", "created")}}


def _fill_created(history: list[dict[str, Any]]) -> None:
    """Entries without a time get that of the first new layer, later ones that of the layer before them."""
    created = ""
    missing = False
    for entry in history:
        if "created" in entry:
            created = entry["created"]
            if missing:
                break
        else:
            missing = True
    created = created or clock.format_ns(time.time_ns())
    missing = False
    for number, entry in enumerate(history):
        if "created" in entry:
            if missing:
                created = entry["created"]
        else:
            missing = True
            history[number] = {"created": created, **entry}


def record(engine: Engine, config: ImageConfig, tags: Sequence[str]) -> str:
    """Put the image into the store under its names; its ID."""
    return create_image(engine, config.raw, tags=tags)
