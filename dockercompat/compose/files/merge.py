"""How a later compose file changes an earlier one, and which items of a list are the same thing."""

from __future__ import annotations

from dockercompat.compose.files.shorthand import parse_volume
from dockercompat.compose.values import RULE, Timestamp, go_text, go_type, plant, step
from dockercompat.errors import InvalidProject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dockercompat.compose.values import Rules, Value

    Merger = Callable[[Value, Value, str], Value]
    Indexer = Callable[[Value, str], str]


def merge(base: Value, over: Value) -> Value:
    """base changed by over, as whole documents; base is used up. Raises InvalidProject: cannot override services.a.ports"""
    return _merge(base, over, "", _MERGERS)


def merge_service(base: Value, over: Value) -> Value:
    """A service on top of the one that it extends."""
    return _merge(base, over, "services.x", step(step(_MERGERS, "services"), "x"))


def _merge(base: Value, over: Value, place: str, rules: Rules | None) -> Value:
    rule = rules.get(RULE) if rules else None
    if rule is not None:
        return rule(base, over, place)
    if over is None:
        return base
    if isinstance(base, dict):
        if not isinstance(over, dict):
            raise InvalidProject(f"cannot override {place}")
        return _mappings(base, over, place, rules)
    if isinstance(base, list):
        if not isinstance(over, list):
            raise InvalidProject(f"cannot override {place}")
        return base + over
    return over


def _mappings(base: Value, over: Value, place: str, rules: Rules | None = None) -> Value:
    for key, item in over.items():
        if key in base and base[key] is not None:
            base[key] = _merge(base[key], item, f"{place}.{key}" if place else key, step(rules, key))
        elif key not in base or item is not None:
            base[key] = item
    return base


def _replace(base: Value, over: Value, place: str) -> Value:
    return over


def _sequences(base: Value, over: Value, place: str) -> Value:
    return as_sequence(base) + as_sequence(over)


def as_sequence(value: Value) -> list[Value]:
    """A map as the list `key=value` that may stand in its place; sorted, as docker compose does."""
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        return [value]
    if not isinstance(value, dict):
        return []
    items = []
    for key, item in value.items():
        if item is None:
            items.append(key)
        else:
            items += [f"{key}={go_text(one)}" for one in (item if isinstance(item, list) else [item])]
    return sorted(items)


def _hosts(base: Value, over: Value, place: str) -> Value:
    first = as_sequence(base)
    return first + [item for item in as_sequence(over) if item not in first]


def _as_mapping(value: Value, default: Value = None) -> dict[str, Value]:
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {go_text(key): dict(default) if default else None for key in value}
    return {}


def _named(base: Value, over: Value, place: str) -> Value:
    return _mappings(_as_mapping(base), _as_mapping(over), place, _SERVICE.get(place.rpartition(".")[2]))


def _depends_on(base: Value, over: Value, place: str) -> Value:
    default = {"condition": "service_started", "required": True}
    return _mappings(_as_mapping(base, default), _as_mapping(over, default), place)


def _build(base: Value, over: Value, place: str) -> Value:
    first, second = ({"context": value} if isinstance(value, str) else value for value in (base, over))
    if not isinstance(first, dict) or not isinstance(second, dict):
        return over
    return _mappings(first, second, place, _BUILD)


def _logging(base: Value, over: Value, place: str) -> Value:
    if not isinstance(base, dict) or not isinstance(over, dict):
        raise InvalidProject(f"cannot override {place}")
    if "driver" not in base or "driver" not in over or base["driver"] == over["driver"]:
        return _mappings(base, over, place)
    return over


def _pools(base: Value, over: Value, place: str) -> Value:
    for value in (base, over):
        if not isinstance(value, list):
            raise InvalidProject(f"{place}: unexpected type {go_type(value)}")
    pools: list[Value] = []

    def at(subnet: Value) -> int:
        return next((index for index, pool in enumerate(pools) if pool.get("subnet") == subnet), -1)

    for first in base:
        right = _as_mapping(first)
        for second in over:
            left = _as_mapping(second)
            if left.get("subnet") != right.get("subnet") and at(left.get("subnet")) < 0:
                pools.append(left)
                continue
            merged = _mappings(right, left, place)
            index = at(merged.get("subnet"))
            if index >= 0:
                pools[index] = merged
            else:
                pools.append(merged)
    return pools


_BUILD = plant({**dict.fromkeys(("args", "additional_contexts", "labels"), _sequences), "extra_hosts": _hosts, "ssh": _sequences})
_SERVICE: dict[str, Rules] = {"networks": {}, "models": {}}
_LISTS = "annotations deploy.labels dns dns_opt dns_search env_file label_file environment labels sysctls tmpfs"  # of a service
_MERGERS = plant(
    {
        "networks.*.ipam.config": _pools,
        "networks.*.labels": _sequences,
        "volumes.*.labels": _sequences,
        "services.*.build": _build,
        "services.*.command": _replace,
        "services.*.entrypoint": _replace,
        "services.*.healthcheck.test": _replace,
        "services.*.depends_on": _depends_on,
        "services.*.extra_hosts": _hosts,
        "services.*.logging": _logging,
        "services.*.models": _named,
        "services.*.networks": _named,
        "services.*.ulimits.*": _replace,
        **{f"services.*.{place}": _sequences for place in _LISTS.split()},
    }
)


def drop_twins(value: Value) -> Value:
    """Keep the last of the items of a list that mean the same thing, in the place of the first. Raises InvalidProject."""
    return _drop_twins(value, "", _UNIQUE)


def _drop_twins(value: Value, place: str, rules: Rules | None) -> Value:
    if rules is None:
        return value
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, dict | list):
                below = step(rules, key)
                if below is not None:
                    value[key] = _drop_twins(item, f"{place}.{key}" if place else key, below)
        return value
    indexer = rules.get(RULE)
    if not isinstance(value, list) or indexer is None:
        return value
    found: dict[str, Value] = {}
    for index, item in enumerate(value):
        found[indexer(item, f"{place}.[{index}]")] = item
    return list(found.values())


def _by_key(item: Value, place: str) -> str:
    if not isinstance(item, str) or isinstance(item, Timestamp):
        raise InvalidProject(f"{place}: unexpected type {go_type(item)}")
    return item.partition("=")[0]


def _by_target(item: Value, place: str) -> str:
    if isinstance(item, dict):
        target = item.get("target")
        if not isinstance(target, str):
            raise InvalidProject(f"service volume {place} is missing a mount target")
        return target
    return str(parse_volume(item).get("target", "")) if isinstance(item, str) else ""


def _by_device(item: Value, place: str) -> str:
    if isinstance(item, dict):
        target = item.get("target")
        if not isinstance(target, str):
            raise InvalidProject(f"service device {place} is missing a mount target")
        return target
    parts = str(item).split(":")
    return parts[0] if len(parts) == 1 else parts[1]


def _by_port(item: Value, place: str) -> str:
    if not isinstance(item, dict):
        return go_text(item)
    if "target" not in item:
        raise InvalidProject(f"service ports {place} is missing a target port")
    target = go_text(item["target"])
    published = item.get("published", "")
    return f"{item.get('host_ip') or '0.0.0.0'}:{published}:{target}/{item.get('protocol') or 'tcp'}"


def _by_expose(item: Value, place: str) -> str:
    if isinstance(item, str | int) and not isinstance(item, bool):
        return str(item)
    raise InvalidProject(f"{place}: unsupported expose value {_badly(item)}")


def _badly(item: Value) -> str:
    if item is None:
        return "%!s(<nil>)"
    return go_text(item) if isinstance(item, dict | list) else f"%!s({go_type(item)}={go_text(item)})"


def _by_mount(directory: str) -> Indexer:
    def index(item: Value, place: str) -> str:
        if isinstance(item, str):
            return f"{directory}/{item}"
        if isinstance(item, dict):
            return str(item["target"]) if "target" in item else f"{directory}/{item.get('source', '')}"
        raise InvalidProject(f"{place}: unsupported expose value {_badly(item)}")

    return index


def _by_path(item: Value, place: str) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, dict):
        path = item.get("path")
        if isinstance(path, str):
            return path
        raise InvalidProject(f"environment path attribute {place} is missing")
    return go_text(item)


_KEYED = """annotations build.args build.additional_contexts build.platform build.tags build.labels cap_add cap_drop deploy.labels dns
    dns_opt dns_search environment labels links networks.*.aliases networks.*.link_local_ips profiles sysctls tmpfs"""  # of a service
_UNIQUE = plant(
    {
        **dict.fromkeys(("networks.*.labels", "networks.*.ipam.options"), _by_key),
        **{f"services.*.{place}": _by_key for place in _KEYED.split()},
        "services.*.devices": _by_device,
        "services.*.configs": _by_mount(""),
        "services.*.secrets": _by_mount("/run/secrets"),
        "services.*.env_file": _by_path,
        "services.*.expose": _by_expose,
        "services.*.ports": _by_port,
        "services.*.volumes": _by_target,
    }
)
