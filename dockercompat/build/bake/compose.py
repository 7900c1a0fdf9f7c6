"""Compose files as bake reads them: the `build` of each service, its image's name, `x-bake`, and the secrets that builds use.

Spec: compose-spec build.md; the extension field of docs/bake-reference.md.
"""

from __future__ import annotations

import posixpath
import re

from dockercompat.build.bake import entries
from dockercompat.build.bake.interpolate import environment_of, file_variables, interpolate
from dockercompat.build.bake.matrix import check_name
from dockercompat.build.bake.target import Group, Target
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.build.bake.read import File

_EXTENSION_LISTS = {
    "tags": "tags",
    "cache-from": "cache-from",
    "cache-to": "cache-to",
    "secret": "secret",
    "ssh": "ssh",
    "platforms": "platforms",
    "output": "output",
    "no-cache-filter": "no-cache-filter",
}


def read_compose(files: list[File], environ: Mapping[str, str], directory: str) -> tuple[list[Group], list[Target]]:
    """The group `default` and a target for each service that is built. Raises HclError."""
    known = environment_of(environ, directory)
    merged: dict[str, Any] = {}
    for file in files:
        merged = merge(merged, _with_included(load(file.text, known), known, directory))
    services = merged.get("services") or {}
    if not services and not merged.get("secrets"):
        raise HclError("empty compose file")
    if not isinstance(services, dict):
        raise HclError("services must be a mapping")
    targets = []
    for name in sorted(services):
        service = _extended(name, services)
        if isinstance(service, dict) and service.get("build") is not None:
            targets.append(_target(name, service, merged.get("secrets") or {}, known, _environment_of(service, known, directory)))
    return ([Group("default", [target.name for target in targets], told=bool(targets))] if services else []), targets


def load(text: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """One file, its variables put in. Raises HclError."""
    import yaml

    try:
        made = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise HclError(f"failed to parse : yaml: {_yaml_fault(error)}") from None
    if made is None:
        raise HclError("empty compose file")
    if not isinstance(made, dict):
        raise HclError("top-level object must be a mapping")
    return {key: interpolate(value, environ, str(key)) for key, value in made.items()}


def _yaml_fault(error: Any) -> str:
    """As go-yaml says it."""
    import yaml

    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).split())
    line = mark.line + 1 if isinstance(error, yaml.scanner.ScannerError) else mark.line
    return f"line {line}: {error.problem}" if line else str(error.problem)


def validate(file: File, environ: Mapping[str, str], directory: str) -> None:
    """Whether a file by itself is one of compose. Raises HclError."""
    made = load(file.text, environment_of(environ, directory))
    services = made.get("services") or {}
    if not services and not made.get("secrets"):
        raise HclError("empty compose file")
    if not isinstance(services, dict):
        raise HclError("services must be a mapping")
    for name, service in services.items():
        if re.fullmatch(r"[a-zA-Z0-9._-]+", str(name)) is None:
            raise HclError(f"services additional properties '{name}' not allowed")
        if service is not None and not isinstance(service, dict):
            raise HclError(f"services.{name} must be a mapping")
        _check_build(str(name), service or {})


_BUILD = frozenset(
    (
        "additional_contexts", "args", "cache_from", "cache_to", "context", "dockerfile", "dockerfile_inline", "entitlements",
        "extra_hosts",
        "isolation", "labels", "network", "no_cache", "platforms", "privileged", "provenance", "pull", "sbom", "secrets", "shm_size", "ssh",
        "tags", "target", "ulimits",
    )
)  # fmt: skip
_GO_TYPES = {list: "[]interface {}", int: "int", float: "float64", bool: "bool", type(None): "<nil>"}


def _check_build(name: str, service: dict[str, Any]) -> None:
    if "build" not in service:
        return
    build = service["build"]
    if not isinstance(build, str | dict):
        raise HclError(f"services.{name}.build: invalid type {_GO_TYPES.get(type(build), 'interface {}')} for build")
    for key in build if isinstance(build, dict) else ():
        if key not in _BUILD and not str(key).startswith("x-"):
            raise HclError(f"services.{name}.build additional properties '{key}' not allowed")


def _with_included(document: dict[str, Any], known: Mapping[str, str], directory: str) -> dict[str, Any]:
    """A document laid over those that it includes, whose paths start where they are."""
    made: dict[str, Any] = {}
    for each in document.pop("include", None) or ():
        paths = each.get("path") if isinstance(each, dict) else each
        for path in [paths] if isinstance(paths, str) else paths or ():
            place = posixpath.join(directory, path)
            try:
                with open(place, encoding="utf-8") as file:
                    inner = load(file.read(), known)
            except OSError as error:
                raise HclError(f"open {place}: {(error.strerror or '').lower()}") from None
            _rebase(inner, posixpath.dirname(path))
            made = merge(made, _with_included(inner, known, posixpath.dirname(place)))
    return merge(made, document) if made else document


def _rebase(document: dict[str, Any], directory: str) -> None:
    for service in (document.get("services") or {}).values() if directory else ():
        build = service.get("build") if isinstance(service, dict) else None
        if isinstance(build, str):
            service["build"] = posixpath.join(directory, build)
        elif isinstance(build, dict) and "dockerfile_inline" not in build:
            build["context"] = posixpath.join(directory, str(build.get("context") or "."))


def merge(old: Any, new: Any, path: tuple[str, ...] = ()) -> Any:
    """A later file laid over an earlier one."""
    if isinstance(old, dict) and isinstance(new, dict):
        made = dict(old)
        for key, value in new.items():
            made[key] = merge(made[key], value, (*path, str(key))) if key in made else value
        return made
    if path[-1:] == ("build",) and isinstance(old, str) and isinstance(new, dict):
        return merge({"context": old}, new, path)
    if path[-1:] == ("build",) and isinstance(new, str) and isinstance(old, dict):
        return merge(old, {"context": new}, path)
    if path[-1:] in (("args",), ("labels",), ("environment",), ("additional_contexts",)):
        return {**_mapping(old), **_mapping(new)}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *(item for item in new if item not in old)]
    return new


def _extended(name: str, services: dict[str, Any], seen: tuple[str, ...] = ()) -> Any:
    service = services[name]
    extends = service.get("extends") if isinstance(service, dict) else None
    if extends is None:
        return service
    parent = extends if isinstance(extends, str) else extends.get("service")
    if parent in seen or (isinstance(extends, dict) and extends.get("file")) or parent not in services:
        raise HclError(f'cannot extend service "{name}": service "{parent}" not found')
    return merge(
        _extended(parent, services, (*seen, name)), {key: value for key, value in service.items() if key != "extends"}, ("service",)
    )


def _mapping(value: Any) -> dict[str, Any]:
    """`[KEY=VALUE, KEY]` or a mapping; None where no value is given."""
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()}
    made: dict[str, Any] = {}
    for item in value or ():
        key, equals, text = str(item).partition("=")
        made[key] = text if equals else None
    return made


def _words(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _environment_of(service: dict[str, Any], known: Mapping[str, str], directory: str) -> dict[str, Any]:
    """What a service's `env_file` and `environment` say. Raises HclError for a file that is not there."""
    made: dict[str, Any] = {}
    given = service.get("env_file") or []
    for each in [given] if isinstance(given, str | dict) else given:
        path = posixpath.join(directory, str(each.get("path", "") if isinstance(each, dict) else each))
        found = file_variables(path, known)
        if found is None and not (isinstance(each, dict) and each.get("required") is False):
            raise HclError(f"env file {path} not found: stat {path}: no such file or directory")
        made.update(found or {})
    return {**made, **_mapping(service.get("environment"))}


def _target(name: str, service: dict[str, Any], secrets: dict[str, Any], environ: Mapping[str, str], environment: dict[str, Any]) -> Target:
    made = name.replace(".", "_")
    try:
        check_name(made)
    except HclError as error:
        raise HclError(f'invalid service name "{made}": {error}') from None
    build = service["build"] if isinstance(service["build"], dict) else {"context": str(service["build"])}
    fields: dict[str, Any] = {}
    for key in ("context", "dockerfile", "target", "network"):
        if build.get(key):
            fields[key] = str(build[key])
    if fields.get("context", "").startswith("~/"):
        fields["context"] = environ.get("HOME", "~") + fields["context"][1:]
    if "context" in fields and not fields["context"].startswith(("/", "http://", "https://", "git", "ssh://", "~")):
        fields["context"] = _clean(fields["context"])
    if "context" not in fields and not build.get("dockerfile_inline"):
        fields["context"] = "."
    if build.get("dockerfile_inline"):
        fields["dockerfile-inline"] = str(build["dockerfile_inline"])
    if build.get("additional_contexts"):
        fields["contexts"] = _contexts(_mapping(build["additional_contexts"]))
    arguments = _arguments(_mapping(build.get("args")), environment, environ)
    if arguments:
        fields["args"] = arguments
    if build.get("labels"):
        fields["labels"] = {key: _words("" if value is None else value) for key, value in _mapping(build["labels"]).items()}
    if build.get("tags"):
        fields["tags"] = [str(tag) for tag in build["tags"]]
    for key, field in (("cache_from", "cache-from"), ("cache_to", "cache-to")):
        if build.get(key):
            fields[field] = [entry for text in build[key] for entry in entries.caches(str(text))]
    if build.get("platforms"):
        fields["platforms"] = [str(each) for each in build["platforms"]]
    for key, field in (("no_cache", "no-cache"), ("pull", "pull")):
        if build.get(key):
            fields[field] = True
    if build.get("shm_size"):
        fields["shm-size"] = _size(build["shm_size"])
    if build.get("ulimits"):
        fields["ulimits"] = [_ulimit(key, value) for key, value in sorted(_mapping(build["ulimits"]).items())]
    if build.get("extra_hosts"):
        fields["extra-hosts"] = _hosts(build["extra_hosts"])
    if build.get("secrets"):
        for each in build["secrets"]:
            source = each if isinstance(each, str) else str(each.get("source", ""))
            if source not in secrets:
                raise HclError(f'service "{name}" refers to undefined build secret {source}: invalid compose project')
        fields["secret"] = [_secret(each, secrets) for each in build["secrets"]]
    if build.get("ssh"):
        fields["ssh"] = _ssh(build["ssh"])
    attestations = []
    for key in ("sbom", "provenance"):
        if build.get(key) not in (None, ""):
            attestations += entries.attestation(_attest(key, build[key]))
    if attestations:
        fields["attest"] = attestations
    _extend(fields, build.get("x-bake"))
    if not fields.get("tags") and service.get("image"):
        fields["tags"] = [str(service["image"])]
    return Target(made, fields)


def _clean(path: str) -> str:
    return posixpath.normpath(path)


def _attest(kind: str, value: Any) -> str:
    text = _words(value)
    try:
        return f"type={kind},disabled={'false' if entries.parse_bool(text) else 'true'}"
    except HclError:
        return f"type={kind},{text}"


def _arguments(arguments: dict[str, Any], environment: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    made = {}
    for key, value in arguments.items():
        if value is None:
            value = environment.get(key)
        if value is None:
            value = environ.get(key)
        if value is not None:
            made[key] = _words(value)
    return made


def _contexts(given: dict[str, Any]) -> dict[str, str]:
    made = {}
    for key, value in given.items():
        text = str(value)
        if text.startswith(("service:", "target:")):
            text = "target:" + text.partition(":")[2].replace(".", "_")
        made[key] = text
    return made


def _size(value: Any) -> str:
    from dockercompat.spec.size import ram_in_bytes

    size = value if isinstance(value, int) else ram_in_bytes(str(value))
    number, unit = float(size), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if number < 1024 or unit == "TiB":
            break
        number /= 1024
    return f"{number:.4g}{unit}"


def _ulimit(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"{name}={value.get('soft', 0)}:{value.get('hard', 0)}"
    return f"{name}={value}:{value}"


def _hosts(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(key): ",".join(map(str, item)) if isinstance(item, list) else str(item) for key, item in value.items()}
    made: dict[str, list[str]] = {}
    for item in value:
        key, separator, address = str(item).partition("=") if "=" in str(item) else str(item).partition(":")
        made.setdefault(key, []).append(address)
        if not separator:
            raise HclError(f"bad host name '{item}'")
    return {key: ",".join(addresses) for key, addresses in made.items()}


def _secret(given: Any, secrets: dict[str, Any]) -> dict[str, str]:
    source = given if isinstance(given, str) else str(given.get("source", ""))
    known = secrets.get(source)
    if known is None:
        known = {}
    if known.get("external"):
        raise HclError(f"unsupported external secret {known.get('name') or ''}")
    made = {"id": source, "src": str(known.get("file") or ""), "env": str(known.get("environment") or "")}
    return entries.Ordered((key, value) for key, value in made.items() if value)


def _ssh(given: Any) -> list[dict[str, Any]]:
    texts: list[str]
    if isinstance(given, dict):
        texts = [f"{key}={value}" if value else str(key) for key, value in given.items()]
    else:
        texts = [given] if isinstance(given, str) else list(given)
    made = [entry for text in texts for entry in entries.ssh(str(text))]
    return sorted(made, key=lambda entry: (entry.get("id", ""), entry.get("paths", [])))


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else str(value).split()


def _extend(fields: dict[str, Any], extension: Any) -> None:
    """What `x-bake` adds."""
    if not isinstance(extension, dict):
        return
    for key, field in _EXTENSION_LISTS.items():
        if not extension.get(key):
            continue
        given = _listed(extension[key])
        if field in ("tags", "platforms", "no-cache-filter"):
            fields[field] = list(dict.fromkeys([*fields.get(field, []), *given]))
            continue
        kind = "cache" if field.startswith("cache") else field
        made = [entry for text in given for entry in entries.PARSERS[kind][0](text)]
        fields[field] = entries.without_repeats(kind, [*fields.get(field, []), *made])
        if field == "ssh":
            fields[field].sort(key=lambda entry: (entry.get("id", ""), entry.get("paths", [])))
    for key in ("pull", "no-cache"):
        if extension.get(key) is not None:
            fields[key] = bool(extension[key])
    if extension.get("contexts"):
        fields["contexts"] = {**_contexts(_mapping(extension["contexts"])), **fields.get("contexts", {})}
