"""Resource limits: the grammar of --ulimit."""

from __future__ import annotations

from dockercompat.errors import InvalidParameter
from dockercompat.spec.number import parse_int

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAMES = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
]


def parse_ulimit(text: str) -> dict[str, Any]:
    """`NAME=SOFT[:HARD]` as docker's {"Name", "Hard", "Soft"}; -1 means unlimited."""
    name, equals, limits = text.partition("=")
    if not equals:
        raise InvalidParameter(f"invalid ulimit argument: {text}")
    if name not in NAMES:
        raise InvalidParameter(f"invalid ulimit type: {name}")
    values = limits.split(":")
    if len(values) > 2:
        raise InvalidParameter(f"too many limit value arguments - {limits}, can only have up to two, `soft[:hard]`")
    soft = parse_int(values[0])
    hard = parse_int(values[1]) if len(values) == 2 else soft
    if hard != -1:
        if soft == -1:
            raise InvalidParameter(f"ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: {hard}")
        if soft > hard:
            raise InvalidParameter(f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}")
    return {"Name": name, "Hard": hard, "Soft": soft}
