"""Spans of time: Go's spelling of a duration ("1m30s"), docker's for people ("About a minute"), and the status column made of them."""

from __future__ import annotations

_UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_MAX_NS = (1 << 63) - 1


def parse(text: str) -> int:
    """Nanoseconds of a Go duration: signed decimal numbers with units, such as "300ms", "-1.5h" or "2h45m".

    Raises  ValueError in Go's words: time: invalid duration "x", time: missing unit in duration "5"
    """
    invalid = f"time: invalid duration {_quoted(text)}"
    rest = text
    negative = False
    if rest[:1] in ("-", "+"):
        negative = rest[0] == "-"
        rest = rest[1:]
    if rest == "0":
        return 0
    if not rest:
        raise ValueError(invalid)
    total = 0
    while rest:
        at = 0
        while at < len(rest) and rest[at] in "0123456789":
            at += 1
        whole = rest[:at]
        fraction = ""
        if at < len(rest) and rest[at] == ".":
            start = at = at + 1
            while at < len(rest) and rest[at] in "0123456789":
                at += 1
            fraction = rest[start:at]
        if not whole and not fraction:
            raise ValueError(invalid)
        rest = rest[at:]
        at = 0
        while at < len(rest) and rest[at] not in ".0123456789":
            at += 1
        if at == 0:
            raise ValueError(f"time: missing unit in duration {_quoted(text)}")
        unit, rest = rest[:at], rest[at:]
        if unit not in _UNITS_NS:
            raise ValueError(f"time: unknown unit {_quoted(unit)} in duration {_quoted(text)}")
        unit_ns = _UNITS_NS[unit]
        if len(whole.lstrip("0")) > 19:
            raise ValueError(invalid)
        total += int(whole[-20:] or "0") * unit_ns
        total += _part(fraction, unit_ns)
        if total > _MAX_NS + (1 if negative else 0):
            raise ValueError(invalid)
    return -total if negative else total


def _part(digits: str, unit_ns: int) -> int:
    """The nanoseconds of what stands behind a point, in Go's own arithmetic: a float, and no more digits than an int64 has."""
    number, scale = 0, 1.0
    for digit in digits:
        if number > _MAX_NS // 10 or number * 10 + int(digit) > _MAX_NS + 1:
            break
        number = number * 10 + int(digit)
        scale *= 10
    return int(number * (unit_ns / scale))


def format(duration_ns: int) -> str:
    """Go's Duration.String: "1m0s", "1.5s", "300ms", "0s"."""
    if duration_ns == 0:
        return "0s"
    sign = "-" if duration_ns < 0 else ""
    ns = abs(duration_ns)
    if ns < 1_000_000_000:
        for name, unit_ns in (("ms", 1_000_000), ("µs", 1_000), ("ns", 1)):
            if ns >= unit_ns:
                return f"{sign}{_decimal(ns, unit_ns)}{name}"
    seconds_ns = ns % 60_000_000_000
    minutes = ns // 60_000_000_000
    text = f"{_decimal(seconds_ns, 1_000_000_000)}s"
    if minutes:
        text = f"{minutes % 60}m{text}"
        if minutes >= 60:
            text = f"{minutes // 60}h{text}"
    return sign + text


def human(seconds: float) -> str:
    """Docker's rounded span for people: "Less than a second", "About an hour", "3 weeks"; negative spans are the first."""
    whole = int(seconds)
    if whole < 1:
        return "Less than a second"
    if whole == 1:
        return "1 second"
    if whole < 60:
        return f"{whole} seconds"
    minutes = whole // 60
    if minutes == 1:
        return "About a minute"
    if minutes < 60:
        return f"{minutes} minutes"
    hours = int(seconds / 3600 + 0.5)
    if hours == 1:
        return "About an hour"
    if hours < 48:
        return f"{hours} hours"
    if hours < 24 * 7 * 2:
        return f"{hours // 24} days"
    if hours < 24 * 30 * 2:
        return f"{hours // 24 // 7} weeks"
    if hours < 24 * 365 * 2:
        return f"{hours // 24 // 30} months"
    return f"{whole // 3600 // 24 // 365} years"


def status(
    state: str, now_s: float, *, started_at_s: float | None = None, finished_at_s: float | None = None, exit_code: int = 0, health: str = ""
) -> str:
    """The text of ps's STATUS column ("Up 3 minutes (healthy)", "Exited (0) 2 hours ago").

    state                        created, running, paused, restarting, removing, exited or dead
    started_at_s, finished_at_s  seconds since 1970, None when that never happened
    health                       starting, healthy, unhealthy, or "" and "none" without a health check
    """
    up = human(now_s - (now_s if started_at_s is None else started_at_s))
    ago = human(now_s - (now_s if finished_at_s is None else finished_at_s))
    if state == "running":
        if health in ("", "none"):
            return f"Up {up}"
        return f"Up {up} ({'health: starting' if health == 'starting' else health})"
    if state == "paused":
        return f"Up {up} (Paused)"
    if state == "restarting":
        return f"Restarting ({exit_code}) {ago} ago"
    if state == "removing":
        return "Removal In Progress"
    if state == "dead":
        return "Dead"
    if started_at_s is None and state != "exited":
        return "Created"
    if finished_at_s is None:
        return ""
    return f"Exited ({exit_code}) {ago} ago"


def _decimal(ns: int, unit_ns: int) -> str:
    whole, rest = divmod(ns, unit_ns)
    if not rest:
        return str(whole)
    digits = len(str(unit_ns)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0")


def _quoted(text: str) -> str:
    """Of Go's package time, which writes each byte beyond ASCII as such."""
    parts = (
        "\\" + chr(byte) if byte in b'\\"' else chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}"
        for byte in text.encode("utf-8", "surrogateescape")
    )
    return f'"{"".join(parts)}"'
