"""/volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.errors import InvalidParameter, NotASwarmManager, VolumeUpdateUnavailable

if TYPE_CHECKING:
    from typing import Any

    from dockercompat.api.call import Call


def list(call: Call) -> dict[str, Any]:
    from dockercompat.engine.volume.list import list as verb

    try:
        filters = call.filters()
    except InvalidParameter as error:
        raise InvalidParameter(f"error reading volume filters: {error}") from None
    return verb(call.engine, filters)


def create(call: Call) -> None:
    from dockercompat.engine.volume.create import create as verb

    body = call.document("volume.CreateOptions") or {}
    if body.get("ClusterVolumeSpec") is not None and call.version >= (1, 42):
        raise NotASwarmManager
    made = verb(
        call.engine, body.get("Name") or "", driver=body.get("Driver") or "", options=body.get("DriverOpts"), labels=body.get("Labels")
    )
    call.answer(made, 201)


def inspect(call: Call) -> dict[str, Any]:
    from dockercompat.engine.volume.inspect import inspect as verb

    return verb(call.engine, call.params["name"])


def update(call: Call) -> None:
    """Only volumes of a cluster can be changed."""
    raise VolumeUpdateUnavailable


def remove(call: Call) -> None:
    from dockercompat.engine.volume.remove import remove as verb

    verb(call.engine, call.params["name"], force=call.flag("force"))


def prune(call: Call) -> dict[str, Any]:
    """Before 1.42 those with a name, too."""
    from dockercompat.engine.volume.prune import prune as verb

    filters = call.filters()
    if call.version < (1, 42):
        filters.add("all", "true")
    return verb(call.engine, filters)
