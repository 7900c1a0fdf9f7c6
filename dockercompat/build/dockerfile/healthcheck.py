"""HEALTHCHECK and its durations."""

from __future__ import annotations

import re

from dockercompat.build.dockerfile.flags import Flags, at_least_one
from dockercompat.build.dockerfile.instructions import Healthcheck
from dockercompat.errors import DockerfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.build.dockerfile.parser import Node

_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS_NS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def healthcheck(node: Node) -> Healthcheck:
    """Raises DockerfileError."""
    at_least_one(node)
    kind = node.args[0].upper()
    if kind == "NONE":
        if len(node.args) > 1:
            raise DockerfileError("HEALTHCHECK NONE takes no arguments")
        Flags(node, {})
        return Healthcheck(node.text, node.lines, ("NONE",))
    names = ("interval", "timeout", "start-period", "start-interval")
    flags = Flags(node, dict.fromkeys((*names, "retries"), "text"))
    if kind != "CMD":
        raise DockerfileError(f'Unknown type "{kind}" in HEALTHCHECK (try CMD)')
    if len(node.args) < 2:
        raise DockerfileError("Missing command after HEALTHCHECK CMD")
    test = (("CMD" if node.json else "CMD-SHELL"), *node.args[1:])
    times = [parse_duration_ns(flags.text(name), name) for name in names]
    retries = flags.text("retries")
    if retries and not re.fullmatch(r"[+-]?\d+", retries):
        raise DockerfileError(f'strconv.ParseInt: parsing "{retries}": invalid syntax')
    if retries and int(retries) < 0:
        raise DockerfileError(f"--retries cannot be negative ({int(retries)})")
    return Healthcheck(node.text, node.lines, test, times[0], times[1], times[2], times[3], int(retries or 0))


def parse_duration_ns(text: str, flag: str) -> int:
    """A Go duration of 0 or at least a millisecond, in nanoseconds; "" is 0. Raises DockerfileError."""
    if not text or text == "0":
        return 0
    negative = text.startswith("-")
    rest = text.lstrip("+-")
    total = 0.0
    at = 0
    while at < len(rest):
        match = _DURATION.match(rest, at)
        if match is None:
            break
        total += float(match[1]) * _UNITS_NS[match[2]]
        at = match.end()
    if at != len(rest) or not rest:
        if re.fullmatch(r"\d+(\.\d*)?", rest):
            raise DockerfileError(f'time: missing unit in duration "{text}"')
        raise DockerfileError(f'time: invalid duration "{text}"')
    value = -int(total) if negative else int(total)
    if value and value < 1_000_000:
        raise DockerfileError(f'Interval "{flag}" cannot be less than 1ms')
    return value
