"""Functions on moments, which are text of RFC 3339."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from dockercompat.build.bake.functions import Table, declare
from dockercompat.errors import HclError

TABLE: Table = {}
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_CHOICES = {
    "Y": 'year must either be "YY" or "YYYY"',
    "M": 'month must be "M", "MM", "MMM", or "MMMM"',
    "D": 'day of month must either be "D" or "DD"',
    "E": 'day of week must either be "EEE" or "EEEE"',
    "h": '24-hour must either be "h" or "hh"',
    "H": '12-hour must either be "H" or "HH"',
    "A": 'must be "AA"',
    "a": 'must be "aa"',
    "m": 'minute must either be "m" or "mm"',
    "s": 'second must either be "s" or "ss"',
    "Z": "timezone must be Z, ZZZ, ZZZZ, or ZZZZZ",
}
_PART = re.compile(r"'(?:[^']|'')*'?|([a-zA-Z])\1*|[^a-zA-Z']+")


def _moment(text: str, argument: int) -> datetime:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text):
        what = "missing required time introducer 'T'" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else f'cannot use "{text}" as year'
        raise HclError(f"not a valid RFC3339 timestamp: {what}", argument)
    try:
        return datetime.fromisoformat(re.sub(r"\.\d+", "", text))
    except ValueError:
        raise HclError("not a valid RFC3339 timestamp: a number is out of range", argument) from None


def _zone(moment: datetime, colon: str) -> str:
    offset = moment.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{colon}{abs(minutes) % 60:02d}"


def rfc3339(moment: datetime) -> str:
    """`2006-01-02T15:04:05Z`, or with the offset of its zone."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}" + ("Z" if not moment.utcoffset() else _zone(moment, ":"))


@declare(TABLE, "timestamp")
def _timestamp() -> str:
    return rfc3339(datetime.now(UTC))


@declare(TABLE, "formatdate", "format:string", "time:string")
def _formatdate(text: str, time: str) -> str:
    moment = _moment(time, 1)
    hour12 = moment.hour % 12 or 12
    zone = "Z" if not moment.utcoffset() else _zone(moment, ":")
    words = {
        "YYYY": f"{moment.year:04d}", "YY": f"{moment.year % 100:02d}",
        "MMMM": _MONTHS[moment.month - 1], "MMM": _MONTHS[moment.month - 1][:3], "MM": f"{moment.month:02d}", "M": str(moment.month),
        "DD": f"{moment.day:02d}", "D": str(moment.day),
        "EEEE": _DAYS[moment.weekday()], "EEE": _DAYS[moment.weekday()][:3],
        "hh": f"{moment.hour:02d}", "h": str(moment.hour), "HH": f"{hour12:02d}", "H": str(hour12),
        "AA": "AM" if moment.hour < 12 else "PM", "aa": "am" if moment.hour < 12 else "pm",
        "mm": f"{moment.minute:02d}", "m": str(moment.minute), "ss": f"{moment.second:02d}", "s": str(moment.second),
        "ZZZZZ": _zone(moment, ":"), "ZZZZ": _zone(moment, ""), "ZZZ": "UTC" if not moment.utcoffset() else _zone(moment, ""), "Z": zone,
    }  # fmt: skip
    made = ""
    for match in _PART.finditer(text):
        part = match[0]
        if part.startswith("'"):
            if len(part) < 2 or not part.endswith("'"):
                raise HclError("unterminated literal '", 0)
            made += part[1:-1].replace("''", "'") if len(part) > 2 else "'"
        elif part in words:
            made += words[part]
        elif match[1] in _CHOICES:
            raise HclError(f'invalid date format verb "{part}": {_CHOICES[match[1]]}', 0)
        elif match[1]:
            raise HclError(f'invalid date format verb "{part}"', 0)
        else:
            made += part
    return made


@declare(TABLE, "timeadd", "timestamp:string", "duration:string")
def _timeadd(time: str, duration: str) -> str:
    moment = _moment(time, 0)
    match = re.fullmatch(r"([-+]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+|[-+]?0", duration)
    if match is None:
        said = f'invalid duration "{duration}"'
        if re.fullmatch(r"[-+]?\d+(\.\d*)?", duration):
            said = f'missing unit in duration "{duration}"'
        raise HclError(f"time: {said}")
    seconds = sum(float(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)", duration))
    return rfc3339(moment + timedelta(seconds=-seconds if duration.startswith("-") else seconds))
