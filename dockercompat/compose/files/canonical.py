"""Short forms of a merged document turned into long ones, defaults filled in, paths made absolute."""

from __future__ import annotations

import os

from dockercompat.compose.files import shorthand
from dockercompat.compose.values import RULE, go_type, plant, quoted, step
from dockercompat.errors import InvalidProject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from dockercompat.compose.values import Rules, Value, Warn

    Change = Callable[[Value, str], Value]


def canonical(document: Value, *, ignore_mistakes: bool, warn: Warn) -> Value:
    """The document with long forms everywhere.

    ignore_mistakes  what can't be parsed stays as it is (variables are still in it)
    """
    table = _forms(ignore_mistakes, warn)
    return _apply(document, "", plant(table))


def _apply(value: Value, place: str, rules: Rules | None) -> Value:
    if rules is None:
        return value
    rule = rules.get(RULE)
    if rule is not None:
        value = rule(value, place)
    if isinstance(value, dict):
        for key, item in value.items():
            below = step(rules, key)
            if below is not None:
                value[key] = _apply(item, f"{place}.{key}" if place else key, below)
    elif isinstance(value, list):
        below = step(rules, "[]")
        if below is not None:
            return [_apply(item, f"{place}.[]", below) for item in value]
    return value


def _forms(ignore_mistakes: bool, warn: Warn) -> dict[str, Change]:
    def tolerant(parse: Callable[[str], Value]) -> Change:
        def change(value: Value, place: str) -> Value:
            if not isinstance(value, str):
                return value
            try:
                return parse(value)
            except InvalidProject:
                if ignore_mistakes:
                    return value
                raise

        return change

    def ports(value: Value, place: str) -> Value:
        if not isinstance(value, list):
            raise InvalidProject(f"{place}: invalid type {go_type(value)} for port")
        found: list[Value] = []
        for item in value:
            if isinstance(item, str):
                try:
                    found += shorthand.parse_ports(item)
                except InvalidProject:
                    if ignore_mistakes:
                        return value
                    raise
            elif isinstance(item, dict):
                found.append(item)
            elif isinstance(item, int) and not isinstance(item, bool):
                found.append({"target": item})
            else:
                raise InvalidProject(f"{place}: invalid type {go_type(item)} for port")
        return found

    def external(value: Value, place: str) -> Value:
        return _external({} if value is None else value, place, warn)

    return {
        "services.*.build": lambda value, place: {"context": value} if isinstance(value, str) else value,
        "services.*.build.secrets.*": _file_mount,
        "services.*.build.additional_contexts": _pairs,
        "services.*.build.ssh": _ssh,
        "services.*.depends_on": _depends_on,
        "services.*.env_file": _env_file,
        "services.*.label_file": _listed,
        "services.*.extends": lambda value, place: {"service": value} if isinstance(value, str) else value,
        "services.*.gpus": _gpus,
        "services.*.models": _nulls,
        "services.*.networks": _nulls,
        "services.*.volumes.*": tolerant(shorthand.mount),
        "services.*.dns": _listed,
        "services.*.devices.*": tolerant(shorthand.device),
        "services.*.secrets.*": _file_mount,
        "services.*.configs.*": _file_mount,
        "services.*.ports": ports,
        "services.*.provider.options": lambda value, place: value,
        "volumes.*": external,
        "networks.*": external,
        "secrets.*": external,
        "configs.*": external,
    }


def _listed(value: Value, place: str) -> Value:
    return [value] if isinstance(value, str) else value


def _nulls(value: Value, place: str) -> Value:
    return dict.fromkeys(value) if isinstance(value, list) else value


def _pairs(value: Value, place: str) -> Value:
    if not isinstance(value, list):
        return value
    pairs = {}
    for item in value:
        key, equals, text = str(item).partition("=")
        if not equals:
            raise InvalidProject(f"{place}: invalid value {item}, expected key=value")
        pairs[key] = text
    return pairs


def _ssh(value: Value, place: str) -> Value:
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list):
        found: dict[str, Value] = {}
        for item in value:
            key, equals, path = str(item).partition("=")
            if not equals and key != "default":
                raise InvalidProject(f"invalid ssh key {quoted(key)}")
            found[key] = path if equals else None
        return found
    return value


def _depends_on(value: Value, place: str) -> Value:
    if isinstance(value, list):
        return {name: {"condition": "service_started", "required": True} for name in value}
    if isinstance(value, dict):
        for item in value.values():
            if isinstance(item, dict):
                item.setdefault("required", True)
    return value


def _env_file(value: Value, place: str) -> Value:
    if isinstance(value, str):
        value = [value]
    found = []
    for item in value if isinstance(value, list) else []:
        if isinstance(item, str):
            found.append({"path": item, "required": True})
        else:
            item.setdefault("required", True)
            found.append(item)
    return found


def _gpus(value: Value, place: str) -> Value:
    return [{"count": "all"}] if isinstance(value, str) else value


def _file_mount(value: Value, place: str) -> Value:
    return {"source": value} if isinstance(value, str) else value


def _external(resource: Value, place: str, warn: Warn) -> Value:
    external = resource.get("external") if isinstance(resource, dict) else None
    if isinstance(external, dict):
        name = external.get("name")
        if name is not None:
            warn(f"{place}: external.name is deprecated. Please set name and external: true")
            if resource.get("name") not in (None, name):
                raise InvalidProject(f"{place}: name and external.name conflict; only use name")
            resource["name"] = name
        resource["external"] = True
    return resource


def fill_defaults(document: Value) -> Value:
    """What compose takes where nothing is said: a build's context, ports' protocol, targets of secrets."""
    return _apply(document, "", _DEFAULTS)


def _build_default(value: Value, place: str) -> Value:
    if isinstance(value, dict):
        value.setdefault("context", ".")
    return value


def _secret_default(value: Value, place: str) -> Value:
    if isinstance(value, dict) and "target" not in value:
        value["target"] = f"/run/secrets/{value.get('source', '')}"
    return value


def _port_default(value: Value, place: str) -> Value:
    if isinstance(value, dict):
        value.setdefault("protocol", "tcp")
        value.setdefault("mode", "ingress")
    return value


def _device_default(value: Value, place: str) -> Value:
    if isinstance(value, dict) and "count" not in value and "device_ids" not in value:
        value["count"] = "all"
    return value


_DEFAULTS = plant(
    {
        "services.*.build": _build_default,
        "services.*.secrets.*": _secret_default,
        "services.*.ports.*": _port_default,
        "services.*.deploy.resources.reservations.devices.*": _device_default,
        "services.*.gpus.*": _device_default,
    }
)


def resolve_paths(document: Value, directory: str, home: str) -> Value:
    """Relative paths joined to a directory ("" keeps them relative, cleaned), `~` to the home directory."""

    def expand(path: str) -> str:
        return os.path.normpath(home + "/" + path[1:]) if path.startswith("~") else path

    def absolute(value: Value, place: str = "") -> Value:
        if not isinstance(value, str) or not value:
            return value
        path = expand(value)
        return path if os.path.isabs(path) else _join(directory, path)

    def host(value: Value, place: str = "") -> Value:
        if not isinstance(value, str):
            return value
        path = expand(value)
        return path if os.path.isabs(path) or _is_windows(path) else _join(directory, path)

    def context(value: Value, place: str) -> Value:
        if not isinstance(value, str) or is_remote(value) or value.startswith("service:"):
            return value
        return absolute(value)

    def watched(value: Value, place: str) -> Value:
        path = absolute(value)
        return os.path.realpath(path) if isinstance(path, str) and os.path.isabs(path) else path

    def volume(value: Value, place: str) -> Value:
        if isinstance(value, dict) and value.get("type") == "bind" and isinstance(value.get("source"), str):
            value["source"] = host(value["source"])
        return value

    def driver_options(value: Value, place: str) -> Value:
        options = value.get("driver_opts") if isinstance(value, dict) else None
        if isinstance(options, dict) and value.get("driver") == "local" and options.get("o") == "bind" and options.get("device"):
            options["device"] = host(options["device"])
        return value

    return _apply(
        document,
        "",
        plant(
            {
                "services.*.build.context": context,
                "services.*.build.additional_contexts.*": context,
                "services.*.build.ssh.*": host,
                "services.*.env_file.*.path": absolute,
                "services.*.label_file.*": absolute,
                "services.*.extends.file": absolute,
                "services.*.develop.watch.*.path": watched,
                "services.*.volumes.*": volume,
                "configs.*.file": host,
                "secrets.*.file": host,
                "include.*.path.*": absolute,
                "include.*.project_directory": absolute,
                "include.*.env_file.*": absolute,
                "volumes.*": driver_options,
            }
        ),
    )


def _join(directory: str, path: str) -> str:
    return os.path.normpath(os.path.join(directory, path)) if directory else os.path.normpath(path)


def _is_windows(path: str) -> bool:
    return path.startswith("\\\\") or (len(path) > 2 and path[0].isalpha() and path[1] == ":" and path[2] in "/\\")


def is_remote(text: str) -> bool:
    """Whether a build context or a compose file is fetched from elsewhere: a URL, a git reference, a builder's own form."""
    return (
        "://" in text
        or text.startswith(("git@", "github.com/", "git://"))
        or (text.endswith(".git") and "/" in text and "." in text.partition("/")[0][1:])
    )
