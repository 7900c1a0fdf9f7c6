"""Several Compose files of a stack as one: what is later wins, lists of a service grow. Source: docker/cli, cli/compose/loader/merge.go."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_KEYS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "ports": (lambda row: tuple(sorted(row.items())), "published"),
    "secrets": (lambda row: row.get("source", ""), "source"),
    "configs": (lambda row: row.get("source", ""), "source"),
    "volumes": (lambda row: row.get("target", ""), "target"),
}


def merge(files: list[dict[str, Any]]) -> dict[str, Any]:
    """The loaded files, first to last; extensions at the top are those of the first."""
    base = files[0]
    for override in files[1:]:
        services = base["services"]
        for name, service in override["services"].items():
            services[name] = _service(services[name], service) if name in services else service
        for section in ("networks", "volumes", "secrets", "configs"):
            base[section] = {**base[section], **override[section]}
    return base


def _service(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name in {**base, **override}:
        old, new = base.get(name), override.get(name)
        if name in _KEYS:
            key, order = _KEYS[name]
            rows = {key(row): row for row in [*(old or ()), *(new or ())]}
            merged[name] = sorted(rows.values(), key=lambda row: row.get(order, 0 if order == "published" else ""))
        elif name in override:
            merged[name] = _value(name, old, new)
    return merged


def _value(name: str, old: Any, new: Any) -> Any:
    if name in ("command", "entrypoint", "ulimits"):
        return {**(old or {}), **new} if name == "ulimits" else new or old
    if name == "logging" and old and new:
        if old.get("driver") and new.get("driver") and old["driver"] != new["driver"]:
            return new
        return {
            **old,
            "driver": old.get("driver") or new.get("driver", ""),
            "options": {**old.get("options", {}), **new.get("options", {})},
        }
    if name == "networks":
        return {**(old or {}), **{key: _network((old or {}).get(key), item) for key, item in new.items()}}
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: _value(key, old[key], item) if key in old else item for key, item in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        return old + new
    zero_counts = name in ("replicas", "retries", "init")
    return new if new or old is None or zero_counts else old


def _network(old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any] | None:
    if old is None or new is None:
        return new or old
    return {**old, "aliases": new.get("aliases", []), **{key: item for key, item in new.items() if item and key != "driver_opts"}}
