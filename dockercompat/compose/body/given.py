"""Configs and secrets of a service: files that are put into containers before they start, for those that the project itself holds.

Source: compose-spec, configs and secrets; docker/compose, pkg/compose/secrets.go.
"""

from __future__ import annotations

from dockercompat.compose.body.mounts import target_of
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_MODE = 0o444


def contents(project: Mapping[str, Any], name: str, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """A service's given files: {"path", "content", "mode", "uid", "gid"} of each.

    uid and gid are "" where nothing is said of them; with one of them, the file belongs to the container's user where it has one.
    Raises  ClientError for a service that can't be written to, or a variable that is not set
    """
    service = project["services"][name]
    found = []
    for kind in ("configs", "secrets"):
        for each in service.get(kind) or ():
            source = (project.get(kind) or {}).get(each["source"]) or {}
            if source.get("file") or source.get("external"):
                continue
            called = source.get("name") or each["source"]
            if service.get("read_only"):
                raise ClientError(f'cannot create {kind[:-1]} "{called}" in read-only service {name}: `file` is the sole supported option')
            mode, variable = each.get("mode"), source.get("environment")
            if variable and variable not in environ:
                raise ClientError(f'environment variable "{variable}" required by {kind[:-1]} "{called}" is not set')
            found.append(
                {
                    "path": target_of(kind, each),
                    "content": environ[variable] if variable else source.get("content") or "",
                    "mode": int(mode, 8) if isinstance(mode, str) else int(_MODE if mode is None else mode),
                    "uid": each.get("uid") or "",
                    "gid": each.get("gid") or "",
                }
            )
    return found


def ignored(project: Mapping[str, Any], service: Mapping[str, Any]) -> list[str]:
    """What is to be said of owners and modes that have no effect: those of files of the host."""
    told = []
    for kind, shown in (("configs", "config"), ("secrets", "secrets")):
        for each in service.get(kind) or ():
            is_file = ((project.get(kind) or {}).get(each["source"]) or {}).get("file")
            if is_file and (each.get("uid") or each.get("gid") or each.get("mode") is not None):
                told.append(f"{shown} `uid`, `gid` and `mode` are not supported, they will be ignored")
    return told
