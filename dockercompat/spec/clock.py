"""Moments: RFC 3339 with nanoseconds as the Engine API writes them, and what --since and --until accept."""

from __future__ import annotations

import time

from dockercompat.spec import duration

ZERO = "0001-01-01T00:00:00Z"
ZERO_NS = -62_135_596_800_000_000_000

_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def now() -> str:
    """This moment in UTC, "2026-01-02T03:04:05.678901234Z"."""
    return format_ns(time.time_ns())


def format_ns(moment_ns: int) -> str:
    """RFC3339Nano in UTC: trailing zeros of the fraction are dropped, as Go does."""
    seconds, ns = divmod(moment_ns, 1_000_000_000)
    text = _date_text(seconds)
    if ns:
        text += f".{ns:09d}".rstrip("0")
    return text + "Z"


def format_padded_ns(moment_ns: int) -> str:
    """UTC with all nine digits, as `logs --timestamps` and log files write it."""
    seconds, ns = divmod(moment_ns, 1_000_000_000)
    return f"{_date_text(seconds)}.{ns:09d}Z"


def format_local_ns(moment_ns: int) -> str:
    """RFC 3339 with nine digits and the local zone, as the lines of `events` begin."""
    seconds, ns = divmod(moment_ns, 1_000_000_000)
    local = time.localtime(seconds)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', local)}.{ns:09d}{_offset_text(local.tm_gmtoff, colon=True)}"


def go_string(moment_ns: int, *, utc: bool = False) -> str:
    """Go's Time.String, the CreatedAt columns: "2026-01-02 03:04:05.5 +0100 CET"."""
    seconds, ns = divmod(moment_ns, 1_000_000_000)
    fraction = f".{ns:09d}".rstrip("0") if ns else ""
    if utc:
        return f"{_date_text(seconds).replace('T', ' ')}{fraction} +0000 UTC"
    local = time.localtime(seconds)
    zone = local.tm_zone or "UTC"
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', local)}{fraction} {_offset_text(local.tm_gmtoff)} {zone}"


def go_string_of(text: str) -> str:
    """Go's Time.String of an RFC 3339 text, in the text's own zone: "2026-01-02 03:04:05 +0000 UTC"; "" is Go's zero time."""
    text = text or ZERO
    moment_ns = parse(text)
    zone = text[-6:]
    if text.endswith("Z"):
        return go_string(moment_ns, utc=True)
    minutes = (int(zone[1:3]) * 60 + int(zone[4:])) * (-1 if zone[0] == "-" else 1)
    offset = zone.replace(":", "")
    return go_string(moment_ns + minutes * 60_000_000_000, utc=True).replace("+0000 UTC", f"{offset} {offset}")


def format_local(moment_s: int) -> str:
    """RFC 3339 to the second with the local zone, the CREATED AT column of `history`."""
    local = time.localtime(moment_s)
    return time.strftime("%Y-%m-%dT%H:%M:%S", local) + _offset_text(local.tm_gmtoff, colon=True)


def parse(text: str) -> int:
    """Nanoseconds since 1970 of an RFC 3339 moment with or without fraction. Raises ValueError in Go's words."""
    return _parse_layout("2006-01-02T15:04:05Z07:00", text, 0)


def timestamp(value: str, now_ns: int) -> int:
    """What `--since` or `--until` means, in nanoseconds since 1970.

    value   a Go duration before now ("10m"), of which the whole second counts; seconds since 1970 with an optional fraction, or a date,
            with as much of a time and a zone as given; without a zone it is local time
    Raises  ValueError in docker's words
    """
    if value != "0":
        try:
            return (now_ns - duration.parse(value)) // 1_000_000_000 * 1_000_000_000
        except ValueError:
            pass
    local = not any(c in value for c in "zZ+") and value.count("-") != 3
    zone = "" if local else "Z07:00"
    if "." in value:
        layout = "2006-01-02T15:04:05.999999999" + zone
    elif "T" in value:
        colons = value.count(":")
        if not local and "z" not in value.lower() and colons > 0:
            colons -= 1
        layout = ("2006-01-02T15", "2006-01-02T15:04", "2006-01-02T15:04:05")[min(colons, 2)] + zone
    else:
        layout = "2006-01-02" + zone
    offset_s = time.localtime(now_ns // 1_000_000_000).tm_gmtoff if local else 0
    try:
        return _parse_layout(layout, value, offset_s)
    except ValueError:
        if "-" in value:
            raise
    return _unix_stamp(value)


def _unix_stamp(value: str) -> int:
    seconds, dot, fraction = value.partition(".")
    parts = (seconds, fraction) if dot else (seconds,)
    if not all(_is_integer(part) and len(part.lstrip("+-0")) <= 18 for part in parts):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        raise ValueError(f'failed to parse value as time or duration: "{quoted}"')
    ns = int(fraction) * 10 ** (9 - len(fraction)) if fraction and len(fraction) <= 9 else int(fraction[:9] or "0")
    return int(seconds) * 1_000_000_000 + ns


def _is_integer(text: str) -> bool:
    return (text[1:] if text[:1] in ("-", "+") else text).isdigit() and text.isascii()


def _date_text(seconds: int) -> str:
    days, in_day = divmod(seconds, 86_400)
    year, month, day = _civil(days)
    return f"{year:04d}-{month:02d}-{day:02d}T{in_day // 3600:02d}:{in_day // 60 % 60:02d}:{in_day % 60:02d}"


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day counted from 1970 in the proleptic Gregorian calendar."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_index = (5 * day_of_year + 2) // 153
    month = month_index + 3 if month_index < 10 else month_index - 9
    return year_of_era + era * 400 + (1 if month <= 2 else 0), month, day_of_year - (153 * month_index + 2) // 5 + 1


def _offset_text(offset_s: int, *, colon: bool = False) -> str:
    if colon and offset_s == 0:
        return "Z"
    minutes = abs(offset_s) // 60
    return f"{'-' if offset_s < 0 else '+'}{minutes // 60:02d}{':' if colon else ''}{minutes % 60:02d}"


def _parse_layout(layout: str, text: str, offset_s: int) -> int:
    """Read text by one of the layouts above.

    Raises  ValueError as Go's time.Parse does: parsing time "x" as "2006-01-02": cannot parse "x" as "2006"
    """
    shown = layout
    at = 0
    fields = {"2006": 1, "01": 1, "02": 1, "15": 0, "04": 0, "05": 0}
    ns = 0

    def refuse(element: str, tail: str = "") -> ValueError:
        if tail:
            return ValueError(f'parsing time "{text}"{tail}')
        return ValueError(f'parsing time "{text}" as "{shown}": cannot parse "{text[at:]}" as "{element}"')

    rest = layout
    while rest:
        if rest.startswith("Z07:00"):
            rest = rest[6:]
            if text[at : at + 1] == "Z":
                at += 1
                offset_s = 0
                continue
            zone = text[at : at + 6]
            if len(zone) < 6 or zone[0] not in "+-" or zone[3] != ":" or not (zone[1:3] + zone[4:]).isdigit():
                raise refuse("Z07:00")
            offset_s = (int(zone[1:3]) * 3600 + int(zone[4:]) * 60) * (-1 if zone[0] == "-" else 1)
            at += 6
            continue
        name = next((n for n in fields if rest.startswith(n)), "")
        if name:
            digits = text[at : at + len(name)]
            if name == "15" and not digits[1:].isdigit():
                digits = "0" + digits[:1]
                at -= 1
            if len(digits) < len(name) or not (digits.isdigit() and digits.isascii()):
                raise refuse(name)
            at += len(name)
            fields[name] = int(digits)
            rest = rest[len(name) :]
            bad = _out_of_range(name, fields[name])
            if bad:
                raise refuse(name, f": {bad} out of range")
            rest = rest.removeprefix(".999999999")
            if name == "05" and text[at : at + 1] == "." and text[at + 1 : at + 2].isdigit():
                start = at = at + 1
                while text[at : at + 1].isdigit():
                    at += 1
                ns = int(text[start:at][:9].ljust(9, "0"))
            continue
        if text[at : at + 1] != rest[0]:
            raise refuse(rest[0])
        at += 1
        rest = rest[1:]
    if at < len(text):
        raise ValueError(f'parsing time "{text}": extra text: "{text[at:]}"')
    year, month, day = fields["2006"], fields["01"], fields["02"]
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if day < 1 or day > _MONTH_DAYS[month - 1] + leap:
        raise ValueError(f'parsing time "{text}": day out of range')
    seconds = _days(year, month, day) * 86_400 + fields["15"] * 3600 + fields["04"] * 60 + fields["05"] - offset_s
    return seconds * 1_000_000_000 + ns


def _out_of_range(name: str, number: int) -> str:
    limits = {"01": ("month", 1, 12), "15": ("hour", 0, 23), "04": ("minute", 0, 59), "05": ("second", 0, 59)}
    if name not in limits:
        return ""
    word, low, high = limits[name]
    return "" if low <= number <= high else word


def _days(year: int, month: int, day: int) -> int:
    """The day counted from 1970 in the proleptic Gregorian calendar."""
    y = year - (1 if month <= 2 else 0)
    era, year_of_era = divmod(y, 400)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468
