"""What a service's container has mounted, in the words of a create body: Binds, Mounts and Tmpfs.

Named volumes and paths go as Binds where docker compose sends them so: the engine makes what is missing of a path only there.
Source: docker/compose, pkg/compose/create.go.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_OLD_KINDS = ("volume", "bind")
_NONE: Mapping[str, str] = {}


def members(
    project: Mapping[str, Any], service: Mapping[str, Any], kept: Iterable[Mapping[str, Any]] = (), mounted: Mapping[str, str] = _NONE
) -> dict[str, Any]:
    """Binds, Mounts and Tmpfs of HostConfig.

    kept     anonymous volumes of the container that is replaced: entries of its Mounts (Name, Destination, RW)
    mounted  ids of images by their names: what is mounted is known by its id, whatever has its name later
    """
    binds: list[str] = []
    mounts: dict[str, dict[str, Any]] = {}
    volumes = {each["target"]: each for each in service.get("volumes") or ()}
    for old in kept:
        target = old["Destination"]
        if not (volumes.get(target) or {}).get("source"):
            volumes.pop(target, None)
            mounts[target] = {"Type": "volume", "Source": old["Name"], "Target": target, "ReadOnly": not old["RW"]}
    for target, each in volumes.items():
        kind = each.get("type") or "volume"
        source = str(each.get("source") or "")
        if kind == "volume" and source:
            source = str(((project.get("volumes") or {}).get(source) or {}).get("name") or source)
        if source and kind in _OLD_KINDS and not _wants_mount(each):
            binds.append(_bind(source, each))
        else:
            mounts[target] = _mount(kind, mounted.get(source, source) if kind == "image" else source, each)
    for each in _given_files(project, service):
        mounts.setdefault(each["Target"], each)
    tmpfs = dict(str(text).partition(":")[::2] for text in service.get("tmpfs") or ())
    return {"Binds": binds, "Mounts": list(mounts.values()), "Tmpfs": tmpfs}


def _wants_mount(volume: Mapping[str, Any]) -> bool:
    """Whether a bind string can't say it."""
    if volume.get("type") == "bind":
        bind = volume.get("bind")
        return bind is not None and (not bind.get("create_host_path") or bool(bind.get("recursive")))
    options = volume.get("volume") or {}
    return bool(options.get("labels") or options.get("subpath") or options.get("nocopy"))


def _bind(source: str, volume: Mapping[str, Any]) -> str:
    bind = volume.get("bind") or {}
    words = ["ro" if volume.get("read_only") else "rw", *filter(None, (bind.get("selinux"), bind.get("propagation")))]
    return f"{source}:{volume['target']}:{','.join(words)}"


def _mount(kind: str, source: str, volume: Mapping[str, Any]) -> dict[str, Any]:
    mount: dict[str, Any] = {"Type": kind, "Source": source, "Target": volume["target"], "ReadOnly": bool(volume.get("read_only"))}
    if volume.get("consistency"):
        mount["Consistency"] = volume["consistency"]
    options = volume.get(kind) or {}
    if kind == "bind":
        recursive = options.get("recursive")
        mount["BindOptions"] = {
            "Propagation": options.get("propagation") or "",
            "CreateMountpoint": bool(options.get("create_host_path")),
            "NonRecursive": recursive == "disabled",
            "ReadOnlyNonRecursive": recursive == "writable",
            "ReadOnlyForceRecursive": recursive == "readonly",
        }
    elif kind == "volume":
        mount["VolumeOptions"] = {
            "NoCopy": bool(options.get("nocopy")),
            "Subpath": options.get("subpath") or "",
            "Labels": options.get("labels") or None,
        }
    elif kind == "tmpfs":
        mount["TmpfsOptions"] = {"SizeBytes": int(options.get("size") or 0), "Mode": _mode(options.get("mode"))}
    elif kind == "image":
        mount["ImageOptions"] = {"Subpath": options.get("subpath") or ""}
    return mount


def _mode(value: Any) -> int:
    """Permission bits, written in octal where they are text."""
    return int(value, 8) if isinstance(value, str) else int(value or 0)


def _given_files(project: Mapping[str, Any], service: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Configs and secrets that are files of the host."""
    found = []
    for kind in ("configs", "secrets"):
        for each in service.get(kind) or ():
            path = (project.get(kind) or {}).get(each["source"], {}).get("file")
            if path:
                mount = {"Type": "bind", "Source": path, "Target": target_of(kind, each), "ReadOnly": True}
                found.append({**mount, "BindOptions": {"CreateMountpoint": False}})
    return found


def target_of(kind: str, reference: Mapping[str, Any]) -> str:
    """Where a service's config or secret is; kind is configs or secrets."""
    target = str(reference.get("target") or reference["source"])
    if target.startswith("/"):
        return target
    return f"/run/secrets/{target}" if kind == "secrets" else f"/{target}"
