"""`docker port`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Bindings = Mapping[str, Sequence[Mapping[str, Any]] | None]


def render(bindings: Bindings) -> str:
    """All published ports of a container's NetworkSettings.Ports, in the order of their numbers."""
    lines: list[str] = []
    for port in bindings:
        lines.extend(f"{port} -> {address(each)}" for each in bindings[port] or ())
    return "".join(f"{line}\n" for line in sorted(lines, key=_order))


def address(binding: Mapping[str, Any]) -> str:
    """Where a port is published: "0.0.0.0:8080", "[::]:8080"."""
    host = binding.get("HostIp") or ""
    return f"[{host}]:{binding['HostPort']}" if ":" in host else f"{host}:{binding['HostPort']}"


def _order(line: str) -> list[tuple[int, str]]:
    """Digits compare as numbers, as in docker's natural sort."""
    parts: list[tuple[int, str]] = []
    digits = ""
    for sign in line + "\0":
        if sign.isdigit():
            digits += sign
            continue
        if digits:
            parts.append((int(digits), ""))
            digits = ""
        parts.append((1 << 62, sign))
    return parts
