"""Capabilities of a container: docker's default set, what --cap-add, --cap-drop and --privileged make of it (capabilities(7))."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEFAULT = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
]
ALL = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
]


def of(host_config: dict[str, Any]) -> list[str]:
    """Capabilities by Privileged, CapAdd and CapDrop, in docker's rules; names as in capabilities(7)."""
    if host_config.get("Privileged"):
        return _known(ALL)
    added = {full_name(name) for name in host_config.get("CapAdd") or ()}
    dropped = {full_name(name) for name in host_config.get("CapDrop") or ()}
    base = [] if "ALL" in dropped else DEFAULT
    if "ALL" in added:
        base = ALL
    wanted = (set(base) | added) - dropped - {"ALL"}
    return _known([name for name in ALL if name in wanted])


def _known(names: list[str]) -> list[str]:
    """Without what this kernel is too old for."""
    try:
        with open("/proc/sys/kernel/cap_last_cap", encoding="utf-8") as file:
            last = int(file.read())
    except OSError:
        return names
    return names if last >= 40 else [name for name in names if name not in ("CAP_CHECKPOINT_RESTORE", "CAP_BPF", "CAP_PERFMON")]


def full_name(name: str) -> str:
    """CAP_ before a name that hasn't it, in upper case; ALL as it is."""
    upper = name.upper()
    return upper if upper == "ALL" or upper.startswith("CAP_") else f"CAP_{upper}"
