"""Control groups: what is delegated to this user, and where figures of a group are read (cgroups(7), version 2)."""

from __future__ import annotations

import os

ROOT = "/sys/fs/cgroup"


def is_unified() -> bool:
    """Whether this host shows version 2 alone."""
    return os.path.exists(f"{ROOT}/cgroup.controllers") and not os.path.isdir(f"{ROOT}/systemd")


def user_manager_path(uid: int) -> str:
    """Directory of the user's systemd manager, whose controllers are delegated; "" without one."""
    path = f"{ROOT}/user.slice/user-{uid}.slice/user@{uid}.service"
    return path if os.path.isdir(path) else ""


def delegated(uid: int, runtime_dir: str) -> frozenset[str]:
    """Controllers whose limits a container of this user can have: those of its systemd manager, reached over its bus.

    runtime_dir  XDG_RUNTIME_DIR, where the bus is
    """
    if not is_unified() or not os.path.exists(f"{runtime_dir}/bus"):
        return frozenset()
    try:
        with open(f"{user_manager_path(uid)}/cgroup.controllers", encoding="utf-8") as file:
            return frozenset(file.read().split())
    except OSError:
        return frozenset()
