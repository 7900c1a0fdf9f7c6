"""/volumes of another engine: the functions of engine/volume/ by the same names, over requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.errors import ClientError
from dockercompat.remote.client import filters_text, segment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, BinaryIO, NoReturn

    from dockercompat.remote.client import Remote
    from dockercompat.spec.filter import Filters


def create(
    engine: Remote,
    name: str = "",
    *,
    driver: str = "",
    options: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    body = {"Name": name, "Driver": driver, "DriverOpts": dict(options or {}), "Labels": dict(labels or {})}
    found: dict[str, Any] = engine.post("/volumes/create", {key: value for key, value in body.items() if value})
    return found


def list(engine: Remote, filters: Filters | None = None) -> dict[str, Any]:
    found: dict[str, Any] = engine.get("/volumes", filters=filters_text(filters))
    return {**found, "Volumes": found.get("Volumes") or []}


def inspect(engine: Remote, name: str) -> dict[str, Any]:
    found: dict[str, Any] = engine.get(f"/volumes/{segment(name)}")
    return found


def remove(engine: Remote, name: str, *, force: bool = False) -> None:
    engine.delete(f"/volumes/{segment(name)}", force=force)


def prune(engine: Remote, filters: Filters | None = None) -> dict[str, Any]:
    found: dict[str, Any] = engine.post("/volumes/prune", filters=filters_text(filters))
    return found


def clone(engine: Remote, source: str, target: str) -> dict[str, Any]:
    _refuse(engine, "volume clone")


def export(engine: Remote, name: str, out: BinaryIO) -> None:
    _refuse(engine, "volume export")


def import_(engine: Remote, name: str, archive: BinaryIO) -> None:
    _refuse(engine, "volume import")


def rename(engine: Remote, name: str, new_name: str) -> None:
    _refuse(engine, "volume rename")


def _refuse(engine: Remote, words: str) -> NoReturn:
    """The Engine API has no such request."""
    raise ClientError(f"docker {words} works on pydocker's own engine alone, not on {engine.address.host}")
