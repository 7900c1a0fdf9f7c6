"""Platforms: OS/ARCH[/VARIANT], their aliases and which of several an engine takes (containerd's platforms package)."""

from __future__ import annotations

import os

from dockercompat.errors import InvalidParameter
from dockercompat.record import Record
from dockercompat.spec.number import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_ARCHITECTURES = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "i386": ("386", ""),
    "i486": ("386", ""),
    "i586": ("386", ""),
    "i686": ("386", ""),
    "aarch64": ("arm64", ""),
    "arm64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
}
_KNOWN = frozenset(
    ("386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "ppc64", "ppc64le", "riscv64", "s390x", "wasm")
)
_KNOWN_OS = frozenset(("aix", "android", "darwin", "freebsd", "illumos", "js", "linux", "netbsd", "openbsd", "plan9", "solaris", "windows"))
_ARM_VARIANTS = ("v8", "v7", "v6", "v5")


class Platform(Record):
    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""
    os_features: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    def to_json(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"architecture": self.architecture, "os": self.os}
        if self.os_version:
            fields["os.version"] = self.os_version
        if self.os_features:
            fields["os.features"] = list(self.os_features)
        if self.variant:
            fields["variant"] = self.variant
        return fields


def of_host() -> Platform:
    return _normal("linux", os.uname().machine, "")


def parse(text: str) -> Platform:
    """A platform as a person types it: linux/arm64, arm/v7, amd64, linux. Raises InvalidParameter."""
    if "*" in text:
        raise InvalidParameter(f"{quoted(text)}: wildcards not yet supported: invalid argument")
    parts = text.split("/", 3)
    system, version = _system(parts[0], text)
    for part in parts[1:]:
        if not _is_component(part, "_.-"):
            raise InvalidParameter(
                f"{quoted(part)} is an invalid component of {quoted(text)}: platform specifier component must match"
                ' "^[A-Za-z0-9_.-]+$": invalid argument'
            )
    if len(parts) == 1:
        if system in _KNOWN_OS:
            host = of_host()
            return Platform(system, host.architecture, host.variant, version)
        made = _normal("linux", parts[0].lower(), "")
        if made.architecture not in _KNOWN:
            raise InvalidParameter(f"{quoted(text)}: unknown operating system or architecture: invalid argument")
        return made
    if len(parts) > 3:
        raise InvalidParameter(f"{quoted(text)}: cannot parse platform specifier: invalid argument")
    return _normal(system, parts[1].lower(), parts[2].lower() if len(parts) == 3 else "").replace(os_version=version)


def _system(part: str, text: str) -> tuple[str, str]:
    """(operating system, its version or "") of OS[(VERSION)]."""
    name, opened, rest = part.partition("(")
    if not _is_component(name, "_-") or (opened and not (rest.endswith(")") and (rest == ")" or _is_component(rest[:-1], "_.-")))):
        raise InvalidParameter(
            f"{quoted(part)} is an invalid OS component of {quoted(text)}: OSAndVersion specifier component must match"
            ' "^([A-Za-z0-9_-]+)(?:\\\\(([A-Za-z0-9_.-]*)\\\\))?$": invalid argument'
        )
    name = name.lower()
    return "darwin" if name == "macos" else name, rest[:-1]


def _is_component(text: str, others: str) -> bool:
    return bool(text) and all((c.isascii() and c.isalnum()) or c in others for c in text)


def from_json(fields: Mapping[str, Any]) -> Platform:
    """The platform of an index entry or of an image config."""
    made = _normal(fields.get("os") or "linux", fields.get("architecture") or "", fields.get("variant") or "")
    return made.replace(os_version=fields.get("os.version") or "", os_features=tuple(fields.get("os.features") or ()))


def _normal(system: str, architecture: str, variant: str) -> Platform:
    system = "darwin" if system == "macos" else system
    architecture, implied = _ARCHITECTURES.get(architecture, (architecture, ""))
    variant = variant or implied
    if variant and variant[0].isdigit():
        variant = "v" + variant
    if (architecture == "arm64" and variant == "v8") or (architecture == "amd64" and variant == "v1"):
        variant = ""
    if architecture == "arm" and not variant:
        variant = "v7"
    return Platform(system, architecture, variant)


def matches(wanted: Platform, offered: Platform) -> bool:
    """Whether an image for `offered` is one for `wanted`."""
    return _rank(wanted, offered) >= 0


def is_exactly(wanted: Platform, offered: Platform) -> bool:
    """Whether an image for `offered` is for this very platform, and not for one that `wanted` can run too."""
    return (wanted.os, wanted.architecture, wanted.variant) == (offered.os, offered.architecture, offered.variant)


def choose(wanted: Platform, offered: Sequence[Platform]) -> int:
    """Index of the best of the offered platforms, -1 when none will do; the first among equals."""
    best, best_rank = -1, -1
    for number, platform in enumerate(offered):
        rank = _rank(wanted, platform)
        if rank > best_rank:
            best, best_rank = number, rank
    return best


def _rank(wanted: Platform, offered: Platform) -> int:
    if offered.os != wanted.os:
        return -1
    if offered.architecture == wanted.architecture:
        if offered.variant == wanted.variant:
            return 10
        if wanted.architecture == "arm":
            return _arm_rank(wanted.variant, offered.variant)
        if wanted.architecture in ("amd64", "arm64"):
            return 5 if not offered.variant else (1 if wanted.variant and offered.variant < wanted.variant else -1)
        return 5 if not offered.variant or not wanted.variant else -1
    return -1


def _arm_rank(wanted: str, offered: str) -> int:
    try:
        distance = _ARM_VARIANTS.index(offered) - _ARM_VARIANTS.index(wanted)
    except ValueError:
        return -1
    return 9 - distance if distance >= 0 else -1
