"""/networks of another engine: the functions of engine/network/ by the same names, over requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.remote.client import filters_text, segment

if TYPE_CHECKING:
    from builtins import list as _list
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.remote.client import Remote
    from dockercompat.spec.filter import Filters


def create(engine: Remote, request: Mapping[str, Any]) -> dict[str, str]:
    engine.negotiate()
    found: dict[str, str] = engine.post("/networks/create", dict(request))
    return {"Warning": found.get("Warning") or "", "Id": found["Id"]}


def list(engine: Remote, filters: Filters) -> _list[dict[str, Any]]:
    found: _list[dict[str, Any]] = engine.get("/networks", filters=filters_text(filters))
    return found


def inspect(engine: Remote, ref: str) -> dict[str, Any]:
    found: dict[str, Any] = engine.get(f"/networks/{segment(ref)}")
    return found


def remove(engine: Remote, ref: str) -> None:
    engine.delete(f"/networks/{segment(ref)}")


def prune(engine: Remote, filters: Filters) -> dict[str, Any]:
    found: dict[str, Any] = engine.post("/networks/prune", filters=filters_text(filters))
    return found


def connect(engine: Remote, ref: str, container_ref: str, settings: Mapping[str, Any]) -> None:
    engine.post(f"/networks/{segment(ref)}/connect", {"Container": container_ref, "EndpointConfig": dict(settings)})


def disconnect(engine: Remote, ref: str, container_ref: str, *, force: bool = False) -> None:
    engine.post(f"/networks/{segment(ref)}/disconnect", {"Container": container_ref, "Force": force})
