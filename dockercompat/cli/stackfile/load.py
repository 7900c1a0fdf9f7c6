"""A stack's Compose file read: YAML, checks, and every field in its full form. Source: docker/cli, cli/compose/loader."""

from __future__ import annotations

import os
import shlex
import sys

from dockercompat.cli.stackfile import check
from dockercompat.cli.stackfile.interpolate import interpolate
from dockercompat.cli.stackfile.merge import merge
from dockercompat.cli.stackfile.shape import DEPRECATED, FILE, FORBIDDEN, SERVICE, UNSUPPORTED, Named, Rows, Struct
from dockercompat.errors import ClientError, DockerError, StatusOnly
from dockercompat.spec import duration, size
from dockercompat.spec.env import go_reason, read_env_file
from dockercompat.spec.port import parse_publish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_DEFAULT = "3.13"
_VERSIONS = frozenset(f"3.{minor}" for minor in range(14))
_PROPAGATIONS = ("private", "rprivate", "shared", "rshared", "slave", "rslave")


def read(paths: list[str]) -> list[dict[str, Any]]:
    """The documents of the files ("-" is stdin), as they stand. Raises ClientError: no file, no YAML, no mapping."""
    from dockercompat.cli.stackfile.text import parse

    found = []
    for path in paths:
        try:
            if path == "-":
                content = sys.stdin.buffer.read()
            else:
                with open(path, "rb") as file:
                    content = file.read()
        except IsADirectoryError:
            raise ClientError(f"read {path}: is a directory") from None
        except OSError as error:
            raise ClientError(f"open {path}: {go_reason(error)}") from None
        found.append(parse(content))
    return found


def load(paths: list[str], environment: Mapping[str, str], *, skip_interpolation: bool = False) -> dict[str, Any]:
    """The files merged: section -> name -> field -> value in full form. Raises ClientError, and Forbidden."""
    return _load(paths, read(paths), environment, skip_interpolation)


def load_for_deploy(paths: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """As `load`, with docker's notes on stderr about fields that a swarm leaves aside."""
    documents = read(paths)
    try:
        loaded = _load(paths, documents, environment, False)
    except Forbidden as error:
        sys.stderr.write(f"Compose file contains unsupported options:\n\n{_warnings(error.fields)}\n\n")
        raise StatusOnly(1) from None
    used = {name for document in documents for service in _services(document) for name in service}
    unsupported = [name for name in UNSUPPORTED if name in used]
    if unsupported:
        sys.stderr.write(f"Ignoring unsupported options: {', '.join(sorted(unsupported))}\n\n")
    deprecated = {name: why for name, why in DEPRECATED.items() if name in used}
    if deprecated:
        sys.stderr.write(f"Ignoring deprecated options:\n\n{_warnings(deprecated)}\n\n")
    return loaded


class Forbidden(ClientError):
    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("Configuration contains forbidden properties")
        self.fields = fields


def _warnings(fields: dict[str, str]) -> str:
    return "\n\n".join(sorted(f"{name}: {why}" for name, why in fields.items()))


def _services(document: dict[str, Any]) -> list[dict[str, Any]]:
    services = document.get("services")
    return [service for service in services.values() if isinstance(service, dict)] if isinstance(services, dict) else []


def _check_names(value: Any) -> None:
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise ClientError("json: unsupported type: map[interface {}]interface {}")
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _check_names(item)


def _version(document: dict[str, Any]) -> str:
    from dockercompat.cli.stackfile.text import shown

    version = shown(document["version"]) if "version" in document else ""
    return _DEFAULT if version in ("", "3") else version


def _load(paths: list[str], documents: list[dict[str, Any]], environment: Mapping[str, str], skip: bool) -> dict[str, Any]:
    directory = os.getcwd() if paths == ["-"] else os.path.dirname(os.path.abspath(paths[0]))
    version = _version(documents[0])
    loaded = []
    for document in documents:
        if _version(document) != version:
            raise ClientError(f"version mismatched between two composefiles : {version} and {_version(document)}")
        forbidden = {name: why for service in _services(document) for name, why in FORBIDDEN.items() if name in service}
        if forbidden:
            raise Forbidden(forbidden)
        if not skip:
            document = interpolate(document, environment)
        if version not in _VERSIONS:
            raise ClientError(f"unsupported Compose file version: {version}")
        _check_names(document)
        check.check(document, int(version.partition(".")[2]))
        loaded.append(_Reader(directory, version, environment).file(document))
    return merge(loaded)


class _Reader:
    def __init__(self, directory: str, version: str, environment: Mapping[str, str]) -> None:
        self.directory, self.environment = directory, environment
        self.minor = int(version.partition(".")[2])
        self.version = version

    def file(self, document: dict[str, Any]) -> dict[str, Any]:
        found = {"version": self.version}
        for name in ("services", "networks", "volumes", "secrets", "configs"):
            section = document.get(name)
            found[name] = _convert(FILE.fields[name], section) if section else {}
        for service in found["services"].values():  # type: ignore[attr-defined]
            self._service(service)
        for name in ("networks", "volumes"):
            for key, item in found[name].items():  # type: ignore[attr-defined]
                self._external(name[:-1], key, item, 5 if name == "networks" else 4)
        for name in ("secrets", "configs"):
            for key, item in found[name].items():  # type: ignore[attr-defined]
                self._external(name[:-1], key, item, 5)
                if item.get("external"):
                    continue
                if item.get("driver"):
                    if item.get("file"):
                        kind = name[:-1]
                        raise ClientError(f"{kind} {key}: {kind}.driver and {kind}.file conflict; only use {kind}.driver")
                else:
                    item["file"] = self._path(item.get("file", ""))
        return {**found, **{key: value for key, value in document.items() if key.startswith("x-")}}

    def _path(self, path: str) -> str:
        return path if path.startswith("/") else os.path.normpath(os.path.join(self.directory, path))

    def _external(self, kind: str, key: str, item: dict[str, Any], since: int) -> None:
        external = item.get("external")
        if not external:
            if kind in ("network", "volume"):
                for name in [name for name in item if name.startswith("x-")]:
                    del item[name]
            return
        if kind == "volume":
            for name in ("driver", "driver_opts", "labels"):
                if item.get(name):
                    raise ClientError(f'conflicting parameters "external" and "{name}" specified for volume "{key}"')
        named = external.get("name") if isinstance(external, dict) else ""
        if named:
            if item.get("name"):
                raise ClientError(f"{kind} {key}: {kind}.external.name and {kind}.name conflict; only use {kind}.name")
            if self.minor >= since:
                from dockercompat.cli.stackfile.text import warn

                warn(f"{kind} {key}: {kind}.external.name is deprecated in favor of {kind}.name")
            item["name"] = named
        elif not item.get("name"):
            item["name"] = key
        item["external"] = True

    def _service(self, service: dict[str, Any]) -> None:
        lines = []
        for path in service.get("env_file", ()):
            try:
                lines += read_env_file(self._path(path), self.environment)
            except DockerError as error:
                raise ClientError(str(error)) from None
        variables: dict[str, str | None] = {}
        pairs = [line.partition("=") for line in lines]
        for given in ({name: value if equals else None for name, equals, value in pairs}, service.get("environment", {})):
            for name, value in given.items():
                variables[name] = value or self.environment.get(name, value)
        service["environment"] = variables
        for mount in service.get("volumes", ()):
            if mount.get("type") != "bind":
                continue
            source = mount.get("source", "")
            if not source:
                raise ClientError('invalid mount config for type "bind": field Source must not be empty')
            if source.startswith("~") and "HOME" in self.environment:
                source = self.environment["HOME"] + source[1:]
            windows = source[1:3] in (":\\", ":/") or source.startswith("\\\\")
            mount["source"] = source if windows else self._path(source) if not source.startswith("/") else source


_GO_NAMES = {
    "healthcheck": "HealthCheck",
    "dns": "DNS",
    **{name: name for name in ("cpus", "memory", "pids", "domainname", "isolation", "tty")},
}


def _under(at: str, name: str) -> str:
    """The path docker's decoder tells: the names of its own fields, which have a capital unless they are of two words."""
    name = _GO_NAMES.get(name) or (name if "_" in name else name.capitalize())
    return f"{at}.{name}" if at else name


def _undecoded(text: str) -> ClientError:
    return ClientError(f"decoding failed due to the following error(s):\n\n{text}")


def _convert(kind: Any, value: Any, at: str = "") -> Any:
    if isinstance(kind, Struct):
        return _convert_struct(kind, value, at)
    if isinstance(kind, Rows):
        if kind.numbers:
            return [port for item in value for port in _ports(item, at)]
        return [_convert(kind.item, item, f"{at}[{index}]") for index, item in enumerate(value)]
    if isinstance(kind, Named):
        if isinstance(value, list):
            return dict.fromkeys(value)
        inner = {name: "" if kind.item is SERVICE else f"{at}[{name}]" for name in value}
        return {
            name: None if item is None and kind.list_of_names else _convert(kind.item, item, inner[name]) for name, item in value.items()
        }
    return _convert_plain(kind, value, at)


def _convert_struct(kind: Struct, value: Any, at: str) -> dict[str, Any]:
    if isinstance(value, str):
        if kind.short != "volume":
            return {kind.short: value}
        try:
            return parse_volume(value)
        except ClientError as error:
            raise _undecoded(f"error decoding '{at}': {error}") from None
    found = {}
    for name, item in (value or {}).items():
        if name in kind.fields and item is not None:
            found[name] = _convert(kind.fields[name], item, _under(at, name))
        elif kind.extras and name.startswith("x-"):
            found[name] = item
    return found


def _convert_plain(kind: str, value: Any, at: str) -> Any:
    from dockercompat.cli.stackfile.text import shown

    try:
        if kind == "bytes":
            return str(size.ram_in_bytes(value))
        if kind.startswith("duration"):
            ns = duration.parse(value)
            return duration.format(ns) if ns or kind.endswith("?") else ""
        if kind == "shell":
            return shlex.split(value, comments=True) if isinstance(value, str) else value
    except ValueError as error:
        raise _undecoded(f"error decoding '{at}': {error}") from None
    if kind == "size-text" and not isinstance(value, str):
        go_type = "int" if isinstance(value, int) else "float64"
        raise _undecoded(f"'{at}' expected type 'string', got unconvertible type '{go_type}', value: '{shown(value)}'")
    if kind == "test":
        return ["CMD-SHELL", value] if isinstance(value, str) else value
    if kind == "text-or-words":
        return [value] if isinstance(value, str) else value
    if kind == "scalars":
        return [shown(item) for item in value]
    if kind in ("env", "labels"):
        empty = None if kind == "env" else ""
        if isinstance(value, list):
            pairs = [item.partition("=") for item in value]
            return {name: text if equals else empty for name, equals, text in pairs}
        return {name: empty if item is None else shown(item) for name, item in value.items()}
    if kind == "options":
        return {name: "" if item is None else shown(item) for name, item in value.items()}
    if kind == "hosts":
        if isinstance(value, list):
            return value
        return sorted(f"{name}:{shown(item)}" for name, item in value.items() if item is not None)
    return value


def _ports(item: Any, at: str) -> list[dict[str, Any]]:
    if isinstance(item, dict):
        return [item]
    try:
        ports = parse_publish(str(item))
    except DockerError as error:
        raise _undecoded(f"error decoding '{at}': {error}") from None
    found = []
    for port in sorted(ports, key=lambda port: f"{port.container_port}/{port.protocol}"):
        if port.host_ip and port.host_ip != "0.0.0.0":
            from dockercompat.cli.stackfile.text import warn

            bound = f"{port.host_ip}:{port.host_port}:{port.container_port}/{port.protocol}"
            warn(f"ignoring IP-address ({bound}) service will listen on '0.0.0.0'")
        first, _, last = port.host_port.partition("-")
        for published in range(int(first or 0), int(last or first or 0) + 1):
            row = {"mode": "ingress", "target": port.container_port, "published": published, "protocol": port.protocol}
            found.append(row)
    return found


def parse_volume(spec: str) -> dict[str, Any]:
    """`[SOURCE:]TARGET[:OPTIONS]` as a mount. Raises ClientError in docker's words."""
    if not spec:
        raise ClientError("invalid empty volume spec")
    if len(spec) in (1, 2):
        return {"type": "volume", "target": spec}
    parts: list[str] = []
    for part in spec.split(":"):
        if parts and len(parts[-1]) == 1 and parts[-1].isalpha():
            parts[-1] += f":{part}"  # a drive of Windows
        else:
            parts.append(part)
    if "" in parts[:4]:
        raise ClientError(f"invalid spec: {spec}: empty section between colons")
    if len(parts) > 3:
        raise ClientError(f"invalid spec: {spec}: too many colons")
    found: dict[str, Any] = {"type": "volume", "target": parts[0]} if len(parts) == 1 else {"source": parts[0], "target": parts[1]}
    for option in parts[2].split(",") if len(parts) == 3 else ():
        if option in ("ro", "rw"):
            found["read_only"] = option == "ro"
        elif option == "nocopy":
            found["volume"] = {"nocopy": True}
        elif option in _PROPAGATIONS:
            found["bind"] = {"propagation": option}
    source = found.get("source", "")
    windows = source[1:2] == ":" or source.startswith("\\\\")
    found["type"] = "bind" if source[:1] in (".", "/", "~") or windows else "volume"
    return found
