"""One document of all files of a project: variables replaced, extends and include followed, merged, checked, in long forms."""

from __future__ import annotations

import os

from dockercompat.compose.files import canonical, document, interpolate, merge, sources, validate
from dockercompat.compose.values import clone, go_text
from dockercompat.errors import InvalidProject
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockercompat.compose.files.document import Document
    from dockercompat.compose.values import Value, Warn

    Cleared = tuple[tuple[str, ...], ...]

_IMPORTED = ("services", "volumes", "networks", "secrets", "configs", "models")


class Options(Record):
    """What `compose config` can leave out.

    label_files  label_file stays beside the labels that it gave: so `up` has it, and its config hash, but not `config`
    """

    interpolation: bool = True
    normalization: bool = True
    path_resolution: bool = True
    consistency: bool = True
    env_resolution: bool = True
    label_files: bool = True


class Reading(Record):
    """How one set of files is read.

    directory    what paths in the files are relative to: absolute, or relative to the project's for what is included or extended
    base_dir     absolute: what the names of included and extended files are relative to
    environment  values of variables
    """

    options: Options
    directory: str
    base_dir: str
    environment: Mapping[str, str]
    home: str
    warn: Warn


def load(contents: Sequence[tuple[str, bytes]], reading: Reading, included: tuple[str, ...] = ()) -> Value:
    """The merged document. contents: absolute path, or "-", and content of each file. Raises InvalidProject."""
    merged: Value = {}
    for path, data in contents:
        for one in document.read(data, path):
            if one.value is None and not one.cleared:
                raise InvalidProject("empty compose file")
            merged = _add(merged, one, path, reading, included)
    merged = canonical.fill_defaults(merged)
    validate_objects(merged)
    if reading.options.path_resolution:
        merged = canonical.resolve_paths(merged, reading.directory, reading.home)
    return merged


def _add(merged: Value, one: Document, path: str, reading: Reading, included: tuple[str, ...]) -> Value:
    value = one.value
    if not isinstance(value, dict):
        raise InvalidProject("top-level object must be a mapping")
    if reading.options.interpolation:
        value = interpolate.interpolate(value, reading.environment, reading.warn)
    _Extender(path, reading).apply(value, one.cleared)
    document.clear(merged, one.cleared)
    _include(value, path, reading, included)
    merged = merge.drop_twins(merge.merge(merged, value))
    validate.validate(merged, path)
    if "version" in merged:
        del merged["version"]
        reading.warn(f"{path}: the attribute `version` is obsolete, it will be ignored, please remove it to avoid potential confusion")
    merged = canonical.canonical(merged, ignore_mistakes=not reading.options.interpolation, warn=reading.warn)
    return merge.drop_twins(_without_empty(merged))


def _without_empty(merged: Value) -> Value:
    for service in (merged.get("services") or {}).values():
        if isinstance(service, dict) and isinstance(service.get("dns"), list):
            service["dns"] = [item for item in service["dns"] if item]
    return merged


class _Extender:
    """Puts services on top of those that they extend."""

    def __init__(self, path: str, reading: Reading) -> None:
        self.path = path
        self.reading = reading

    def apply(self, value: Value, cleared: Cleared) -> None:
        services = value.get("services")
        if services is None:
            return
        if not isinstance(services, dict):
            raise InvalidProject("services must be a mapping")
        for name in list(services):
            services[name] = self.extended(name, services, (), [cleared], self.path)

    def extended(self, name: str, services: Value, seen: tuple[tuple[str, str], ...], cleared: list[Cleared], path: str) -> Value:
        service = services[name]
        if service is None:
            return None
        if not isinstance(service, dict):
            raise InvalidProject(f"services.{name} must be a mapping")
        if "extends" not in service:
            return service
        extends = service["extends"]
        file = None
        if isinstance(extends, dict):
            ref, file = extends.get("service"), extends.get("file")
            if not isinstance(ref, str):
                raise InvalidProject(f"extends.{name}.service is required")
        else:
            ref = extends if isinstance(extends, str) else ""
        if file is not None:
            base_path, services, more = self.from_file(name, ref, path, go_text(file))
            cleared = [*cleared, more]
            path = base_path
        elif ref not in services:
            raise InvalidProject(f'cannot extend service "{name}" in {path}: service "{ref}" not found')
        here = (path, name)
        if here in seen:
            lines = [f"  {seen[0][1]} in {seen[0][0]}", *(f"  extends {one} in {where}" for where, one in (*seen[1:], here))]
            raise InvalidProject("Circular reference:\n" + "\n".join(lines))
        base = self.extended(ref, services, (*seen, here), cleared, path)
        if base is None:
            return service
        base = clone(base)
        for places in cleared:
            document.clear({"services": {name: base}}, places)
        merged = merge.merge_service(base, clone(service))
        merged.pop("extends", None)
        return merged

    def from_file(self, name: str, ref: str, path: str, file: str) -> tuple[str, Value, Cleared]:
        reading = self.reading
        local = sources.place(file, reading.base_dir, reading.environment)
        services: Value = None
        cleared: Cleared = ()
        loaded: Value = {}
        for one in document.read(read_file(local), local):
            value = one.value
            if not isinstance(value, dict):
                raise InvalidProject("empty compose file" if value is None else "top-level object must be a mapping")
            if reading.options.interpolation:
                value = interpolate.interpolate(value, reading.environment, reading.warn)
            loaded = merge.drop_twins(merge.merge(loaded, value))
            loaded = canonical.canonical(loaded, ignore_mistakes=not reading.options.interpolation, warn=reading.warn)
            cleared += one.cleared
        services = loaded.get("services")
        if "services" not in loaded:
            raise InvalidProject(f'cannot extend service "{name}" in {local}: no services section')
        if not isinstance(services, dict):
            raise InvalidProject(f'cannot extend service "{name}" in {local}: services must be a mapping')
        if ref not in services:
            raise InvalidProject(f'cannot extend service "{name}" in {path}: service "{ref}" not found in {file}')
        relative = os.path.relpath(os.path.dirname(local), reading.base_dir)
        loaded = canonical.resolve_paths(loaded, relative, reading.home)
        return file, loaded["services"], cleared


def read_file(path: str) -> bytes:
    """Raises InvalidProject in Go's words."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except IsADirectoryError:
        raise InvalidProject(f"read {path}: is a directory") from None
    except OSError as error:
        raise InvalidProject(f"open {path}: {(error.strerror or '').lower()}") from None


def _include(value: Value, path: str, reading: Reading, included: tuple[str, ...]) -> None:
    listed = value.pop("include", None)
    if listed is None:
        return
    if not isinstance(listed, list):
        raise InvalidProject(f"`include` must be a list, got {go_text(listed)}")
    included = (*included, path)
    for item in listed:
        entry = {"path": item} if isinstance(item, str) else item
        if not isinstance(entry, dict):
            raise InvalidProject(f"validating {path}: include.{listed.index(item)} must be a string")
        _check_include(entry, listed.index(item), path)
        _import(_included(entry, reading, included), value)


def _check_include(entry: Value, index: int, path: str) -> None:
    validate.validate({"include": [*[""] * index, entry]}, path)


def _included(entry: Value, reading: Reading, included: tuple[str, ...]) -> Value:
    base = reading.base_dir
    names = _listed(entry.get("path"))
    paths = [sources.place(name, base, reading.environment) for name in names]
    main = paths[0] if paths else ""
    project_dir = entry.get("project_directory") or ""
    directory = os.path.normpath(os.path.join(base, project_dir)) if project_dir else os.path.dirname(main)
    if main in included:
        raise InvalidProject(f"include cycle detected:\n{included[0]}\n include " + "\n include ".join((*included[1:], main)))
    env_files = [os.path.normpath(os.path.join(base, name)) for name in _listed(entry.get("env_file"))]
    for env_file in env_files:
        if env_file == "/dev/null":
            continue
        if not os.path.exists(env_file):
            raise InvalidProject(f"stat {env_file}: no such file or directory")
        if os.path.isdir(env_file):
            raise InvalidProject(f"{env_file} is not a file")
    if not env_files and os.path.isfile(os.path.join(directory, ".env")):
        env_files = [os.path.join(directory, ".env")]
    environment = dict(reading.environment)
    for name, value in sources.read_env_files(environment, env_files, base).items():
        environment.setdefault(name, value)
    options = reading.options.replace(path_resolution=True)
    below = reading.replace(options=options, directory=os.path.relpath(directory, base), base_dir=directory, environment=environment)
    document = load([(one, read_file(one)) for one in paths], below, included)
    resolve_environment(document, environment)
    return document


def _listed(value: Value) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _import(source: Value, target: Value) -> None:
    for section in _IMPORTED:
        if source.get(section) is None:
            continue
        own = target.setdefault(section, {})
        for name, resource in source[section].items():
            if name in own and own[name] != resource:
                raise InvalidProject(f"{section}.{name} conflicts with imported resource")
            own[name] = resource


def resolve_environment(merged: Value, environment: Mapping[str, str]) -> None:
    """Variables of services that take their value from outside get it."""
    for service in (merged.get("services") or {}).values():
        if isinstance(service, dict) and service.get("environment") is not None:
            service["environment"] = resolve(service["environment"], environment, keep=True)


def resolve(value: Value, environment: Mapping[str, str], *, keep: bool) -> Value:
    """A map or list of variables with outside values put in; keep: those without one stay."""
    if isinstance(value, dict):
        found = {key: environment.get(key) if item is None else item for key, item in value.items()}
        return found if keep else {key: item for key, item in found.items() if item is not None}
    if isinstance(value, list):
        items = []
        for item in value:
            if isinstance(item, str) and "=" not in item:
                if item in environment:
                    items.append(f"{item}={environment[item]}")
                elif keep:
                    items.append(item)
            else:
                items.append(item)
        return items
    return value


def validate_objects(merged: Value) -> None:
    """Checks of single objects that no grammar expresses."""
    for name, volume in (merged.get("volumes") or {}).items():
        if isinstance(volume, dict) and volume.get("external") not in (None, False):
            for key in volume:
                if key not in ("name", "external") and not key.startswith("x-"):
                    raise InvalidProject(f'volumes.{name}: conflicting parameters "external" and "{key}" specified')
    for section, keys in (("configs", ("file", "environment", "content")), ("secrets", ("file", "environment"))):
        for name, resource in (merged.get(section) or {}).items():
            said = [key for key in keys if key in resource]
            if len(said) > 1:
                raise InvalidProject(f"{section}.{name}: {'|'.join(keys)} attributes are mutually exclusive")
            if not said and "driver" not in resource and "external" not in resource:
                raise InvalidProject(f"{section}.{name}: one of {'|'.join(keys)} must be set")
    for name, service in (merged.get("services") or {}).items():
        for item in ((service or {}).get("develop") or {}).get("watch") or ():
            if item.get("path") == "":
                raise InvalidProject(f"services.{name}.develop.watch.[].path: value can't be blank")
