"""Mounts of a container: the grammars of -v, --mount, --tmpfs and --volumes-from, and what docker accepts in them."""

from __future__ import annotations

from dockercompat.errors import InvalidParameter
from dockercompat.spec.csvline import parse_line
from dockercompat.spec.number import parse_bool, parse_uint, quoted
from dockercompat.spec.size import ram_in_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PROPAGATIONS = ("private", "rprivate", "slave", "rslave", "shared", "rshared")
_CONSISTENCIES = ("consistent", "cached", "delegated", "default")
_MODE_GROUPS = (("rw", "ro"), ("z", "Z"), PROPAGATIONS, ("nocopy",), _CONSISTENCIES)
_BOOLEAN_KEYS = {"readonly", "ro", "volume-nocopy", "bind-nonrecursive"}
_FAMILIES = (("VolumeOptions", "volume"), ("ImageOptions", "image"), ("BindOptions", "bind"), ("TmpfsOptions", "tmpfs"))


def parse_mount(text: str, *, working_dir: str) -> dict[str, Any]:
    """One value of --mount as docker's Mount (absent members are absent).

    working_dir  what `src=.` and `src=./x` are relative to, "" to leave them
    Raises       InvalidParameter in the client's words; the engine checks more (check_mount)
    """
    kind = "volume"
    source = target = consistency = ""
    read_only = False
    groups: dict[str, dict[str, Any]] = {}

    def group(name: str) -> dict[str, Any]:
        return groups.setdefault(name, {})

    for field in parse_line(text):
        key, equals, value = field.partition("=")
        key = key.lower()
        if not equals and key not in _BOOLEAN_KEYS:
            raise InvalidParameter(f"invalid field '{field}' must be a key=value pair")
        match key:
            case "type":
                kind = value.lower()
            case "source" | "src":
                source = value
                if value.startswith(".") and working_dir:
                    from posixpath import join, normpath

                    source = normpath(join(working_dir, value))
            case "target" | "dst" | "destination":
                target = value
            case "readonly" | "ro":
                read_only = _flag(key, value, equals)
            case "consistency":
                consistency = value.lower()
            case "bind-propagation":
                group("BindOptions")["Propagation"] = value.lower()
            case "bind-nonrecursive":
                group("BindOptions")["NonRecursive"] = _flag(key, value, equals)
            case "bind-recursive":
                bind = group("BindOptions")
                if value == "disabled":
                    bind["NonRecursive"] = True
                elif value == "writable":
                    bind["ReadOnlyNonRecursive"] = True
                elif value == "readonly":
                    bind["ReadOnlyForceRecursive"] = True
                elif value != "enabled":
                    raise InvalidParameter(f'invalid value for {key}: {value} (must be "enabled", "disabled", "writable", or "readonly")')
            case "volume-subpath":
                group("VolumeOptions")["Subpath"] = value
            case "volume-nocopy":
                group("VolumeOptions")["NoCopy"] = _flag(key, value, equals)
            case "volume-label":
                _put(group("VolumeOptions").setdefault("Labels", {}), value)
            case "volume-driver":
                group("VolumeOptions").setdefault("DriverConfig", {})["Name"] = value
            case "volume-opt":
                _put(group("VolumeOptions").setdefault("DriverConfig", {}).setdefault("Options", {}), value)
            case "image-subpath":
                group("ImageOptions")["Subpath"] = value
            case "tmpfs-size":
                try:
                    group("TmpfsOptions")["SizeBytes"] = ram_in_bytes(value)
                except ValueError:
                    raise InvalidParameter(f"invalid value for {key}: {value}") from None
            case "tmpfs-mode":
                try:
                    group("TmpfsOptions")["Mode"] = parse_uint(value, bits=32, base=8)
                except InvalidParameter:
                    raise InvalidParameter(f"invalid value for {key}: {value}") from None
            case _:
                raise InvalidParameter(f"unexpected key '{key}' in '{field}'")
    if not kind:
        raise InvalidParameter("type is required")
    if not target:
        raise InvalidParameter("target is required")
    for name, family in _FAMILIES:
        if name in groups and kind != family:
            raise InvalidParameter(f"cannot mix '{family}-*' options with mount type '{kind}'")
    bind = groups.get("BindOptions", {})
    if bind.get("ReadOnlyNonRecursive") and not read_only:
        raise InvalidParameter("option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction")
    if bind.get("ReadOnlyForceRecursive"):
        if not read_only:
            raise InvalidParameter("option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction")
        if bind.get("Propagation") != "rprivate":
            raise InvalidParameter("option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction")
    return _mount(kind, source, target, read_only, consistency, groups)


def _mount(kind: str, source: str, target: str, read_only: bool, consistency: str, groups: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """docker's Mount in docker's order of members, without the empty ones."""
    mount: dict[str, Any] = {"Type": kind}
    if source:
        mount["Source"] = source
    mount["Target"] = target
    if read_only:
        mount["ReadOnly"] = True
    if consistency:
        mount["Consistency"] = consistency
    if "BindOptions" in groups:
        mount["BindOptions"] = _present(
            groups["BindOptions"], ("Propagation", "NonRecursive", "CreateMountpoint", "ReadOnlyNonRecursive", "ReadOnlyForceRecursive")
        )
    if "VolumeOptions" in groups:
        options = _present(groups["VolumeOptions"], ("NoCopy", "Labels", "Subpath", "DriverConfig"))
        options["DriverConfig"] = _present(options.get("DriverConfig", {}), ("Name", "Options"))
        mount["VolumeOptions"] = options
    for name in ("ImageOptions", "TmpfsOptions"):
        if name in groups:
            mount[name] = _present(groups[name], ("Subpath", "SizeBytes", "Mode"))
    return mount


def _present(values: dict[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    return {name: values[name] for name in order if values.get(name)}


def _flag(key: str, value: str, equals: str) -> bool:
    if not equals:
        return True
    try:
        return parse_bool(value)
    except InvalidParameter:
        raise InvalidParameter(f"invalid value for {key}: {value}") from None


def _put(target: dict[str, str], text: str) -> None:
    key, _, value = text.partition("=")
    if key:
        target[key] = value


def is_bind_request(text: str) -> bool:
    """Whether a value of -v names a source (a host path or a volume), rather than only a place in the container.

    Raises  InvalidParameter in the client's words
    """
    if not text:
        raise InvalidParameter("invalid empty volume spec")
    if len(text) < 3:
        return False
    fields: list[str] = []
    section = ""
    for char in text:
        if char != ":" or (len(section) == 1 and section.isalpha()):  # a single letter is a drive of Windows to docker's client
            section += char
            continue
        if not section:
            raise InvalidParameter(f"invalid spec: {text}: empty section between colons")
        if len(fields) == 2:
            raise InvalidParameter(f"invalid spec: {text}: too many colons")
        fields.append(section)
        section = ""
    if not section:
        raise InvalidParameter(f"invalid spec: {text}: empty section between colons")
    return bool(fields)


def absolute_bind(text: str, working_dir: str) -> str:
    """A value of -v whose relative host path is made absolute, as docker's client does for `.` and `..`."""
    source, colon, rest = text.partition(":")
    if source.startswith(".") and working_dir:
        from posixpath import join, normpath

        source = normpath(join(working_dir, source))
    return source + colon + rest


def parse_bind(text: str, volume_driver: str = "") -> tuple[dict[str, Any], str]:
    """One entry of HostConfig.Binds as docker's Mount, and its mode ("ro,z").

    Raises  InvalidParameter in the engine's words
    """
    parts = text.split(":", 3)
    if not parts[0] or len(parts) > 3:
        raise InvalidParameter(f"invalid volume specification: '{text}'")
    mode = ""
    if len(parts) == 1:
        source, target = "", parts[0]
    elif len(parts) == 2:
        source, target = parts
        if is_mode(target):
            raise InvalidParameter(f"invalid volume specification: '{text}'")
    else:
        source, target, mode = parts
    if not is_mode(mode):
        raise InvalidParameter(f"invalid mode: {mode}")
    words = mode.split(",") if mode else []
    mount: dict[str, Any] = {"Type": "bind" if source.startswith("/") else "volume", "Source": source, "Target": target}
    if "ro" in words:
        mount["ReadOnly"] = True
    if mount["Type"] == "volume":
        options: dict[str, Any] = {}
        if "nocopy" in words:
            options["NoCopy"] = True
        if volume_driver:
            options["DriverConfig"] = {"Name": volume_driver}
        if options:
            mount["VolumeOptions"] = options
    for word in words:
        if word in PROPAGATIONS:
            mount["BindOptions"] = {"Propagation": word}
    try:
        check_mount(mount)
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid volume specification: '{text}': {error}") from None
    if mount["Type"] == "bind" and "nocopy" in words:
        raise InvalidParameter(
            f"invalid volume specification: '{text}': invalid mount config for type \"bind\": field VolumeOptions must not be specified"
        )
    return mount, mode


def is_mode(mode: str) -> bool:
    """Whether the text is the third part of -v: a comma list, at most one word of each kind."""
    if not mode:
        return True
    words = mode.split(",")
    found = [next((group for group in _MODE_GROUPS if word in group), None) for word in words]
    return None not in found and len({id(group) for group in found}) == len(found)


def check_mount(mount: dict[str, Any]) -> None:
    """What the engine demands of a Mount, without looking at the host.

    Raises  InvalidParameter, 'invalid mount config for type "bind": ...'
    """
    problem = _problem(mount)
    if problem:
        raise InvalidParameter(f'invalid mount config for type "{mount.get("Type", "")}": {problem}')


def _problem(mount: dict[str, Any]) -> str:
    kind, source, target = mount.get("Type", ""), mount.get("Source", ""), mount.get("Target", "")
    problem = "field Target must not be empty" if not target else _place_problem(target)
    if problem:
        return problem
    bind, volume, tmpfs = mount.get("BindOptions"), mount.get("VolumeOptions"), mount.get("TmpfsOptions")
    match kind:
        case "bind":
            if not source:
                return "field Source must not be empty"
            if volume:
                return "field VolumeOptions must not be specified"
            propagation = (bind or {}).get("Propagation", "")
            if propagation and propagation not in PROPAGATIONS:
                return f"invalid propagation mode: {propagation}"
            return "" if source.startswith("/") else f"invalid mount path: '{source}' mount path must be absolute"
        case "volume":
            if bind:
                return "field BindOptions must not be specified"
            subpath = (volume or {}).get("Subpath", "")
            if subpath:
                if not source:
                    return "must not set Subpath when using anonymous volumes"
                if not _is_inside(subpath):
                    return "subpath must be a relative path within the volume"
            return "must not set ReadOnly mode when using anonymous volumes" if mount.get("ReadOnly") and not source else ""
        case "tmpfs":
            if bind:
                return "field BindOptions must not be specified"
            if source:
                return "field Source must not be specified"
            return "field VolumeOptions must not be specified" if volume else ""
        case "image":
            if not source:
                return "field Source must not be empty"
            if bind or volume or tmpfs:
                return f"field {'BindOptions' if bind else 'VolumeOptions' if volume else 'TmpfsOptions'} must not be specified"
            subpath = (mount.get("ImageOptions") or {}).get("Subpath", "")
            return "" if not subpath or _is_inside(subpath) else "subpath must be a relative path within the volume"
        case _:
            return "mount type unknown"


def _is_inside(path: str) -> bool:
    """Whether a relative path, by its letters alone, stays in the directory it begins in."""
    from posixpath import normpath

    return not path.startswith("/") and normpath(path).partition("/")[0] != ".."


def check_place(path: str) -> None:
    """Raises InvalidParameter unless something may be mounted at this path of a container."""
    problem = _place_problem(path)
    if problem:
        raise InvalidParameter(problem)


def _place_problem(path: str) -> str:
    from posixpath import normpath

    if path and normpath(path.replace("\\", "/")) in ("/", "//"):
        return "invalid specification: destination can't be '/'"
    return "" if path.startswith("/") else f"invalid mount path: '{path}' mount path must be absolute"


_TMPFS_FLAGS = (
    "ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime nodiratime bind rbind unbindable"
    " runbindable private rprivate shared rshared slave rslave relatime norelatime strictatime nostrictatime defaults"
)
_TMPFS_VALUES = ("mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol", "size")


def check_tmpfs_options(options: str) -> None:
    """Raises InvalidParameter for an option that docker does not pass to a tmpfs."""
    for option in filter(None, options.split(",")):
        name, equals, _ = option.partition("=")
        if option not in _TMPFS_FLAGS.split() and not (equals and name in _TMPFS_VALUES):
            raise InvalidParameter(f"invalid tmpfs option {quoted(option)}")


def parse_tmpfs(text: str) -> tuple[str, str]:
    """One value of --tmpfs: the path and the options of mount(8), unchecked."""
    path, _, options = text.partition(":")
    return path, options


def parse_volumes_from(text: str) -> tuple[str, str]:
    """The container and the mode of one value of --volumes-from.

    Raises  InvalidParameter in the engine's words
    """
    if not text:
        raise InvalidParameter("volumes-from specification cannot be an empty string")
    ref, _, mode = text.partition(":")
    mode = mode or "rw"
    if not is_mode(mode):
        raise InvalidParameter(f"invalid mode: {mode}")
    words = mode.split(",")
    if any(word in PROPAGATIONS for word in words) or "nocopy" in words:
        raise InvalidParameter(f"invalid mode: {mode}")
    return ref, mode
