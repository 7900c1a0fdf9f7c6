"""Devices by name: specifications of the Container Device Interface, such as `nvidia-ctk cdi generate` writes, and what they add."""

from __future__ import annotations

import os

from dockercompat import json
from dockercompat.errors import DockerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

_SYSTEM_DIRS = ("/etc/cdi", "/var/run/cdi")


def spec_dirs(runtime_dir: str, home_dir: str) -> tuple[str, ...]:
    """Where specifications are, the most important last: the system's, then the user's own."""
    return (*_SYSTEM_DIRS, f"{home_dir}/.config/cdi", f"{runtime_dir}/cdi")


def devices(dirs: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """The container edits of every device ("nvidia.com/gpu=0"), those of its whole specification before its own."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in _spec_paths(dirs):
        document = _read(path)
        kind = document.get("kind") or ""
        shared = document.get("containerEdits") or {}
        for device in document.get("devices") or ():
            found[f"{kind}={device.get('name')}"] = [edits for edits in (shared, device.get("containerEdits") or {}) if edits]
    return found


def _spec_paths(dirs: Iterable[str]) -> list[str]:
    paths: list[str] = []
    for directory in dirs:
        try:
            names = sorted(os.listdir(directory))
        except OSError:
            continue
        paths += [f"{directory}/{name}" for name in names if name.endswith((".json", ".yaml", ".yml"))]
    return paths


def _read(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        if path.endswith(".json"):
            document = json.loads(text)
        else:
            import yaml

            document = yaml.safe_load(text)
    except ValueError as error:
        raise DockerError(f"failed to read CDI Spec {path}: {error}") from None
    if not isinstance(document, dict):
        raise DockerError(f"failed to read CDI Spec {path}: no object")
    return document


def apply(document: dict[str, Any], edits: Sequence[dict[str, Any]]) -> None:
    """Make the edits in a config.json. Device nodes are shown by bind mounts: a user namespace can't make them."""
    done: list[dict[str, Any]] = []
    for each in edits:
        if each in done:
            continue
        done.append(each)
        document["process"]["env"] += each.get("env") or []
        document["process"]["user"].setdefault("additionalGids", []).extend(each.get("additionalGids") or [])
        for node in each.get("deviceNodes") or ():
            options = ["bind"] if "w" in (node.get("permissions") or "rwm") else ["bind", "ro"]
            _mount(document, node.get("hostPath") or node["path"], node["path"], options)
        for mount in each.get("mounts") or ():
            options = list(mount.get("options") or ())
            if "bind" not in options and "rbind" not in options:
                options.append("rbind")
            _mount(document, mount["hostPath"], mount["containerPath"], options)
        for hook in each.get("hooks") or ():
            entry = {name: hook[name] for name in ("path", "args", "env", "timeout") if hook.get(name)}
            document.setdefault("hooks", {}).setdefault(hook["hookName"], []).append(entry)


def _mount(document: dict[str, Any], source: str, target: str, options: list[str]) -> None:
    document["mounts"].append({"destination": target, "type": "bind", "source": source, "options": options})
