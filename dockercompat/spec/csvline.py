"""One line of comma separated values, as Go's encoding/csv reads it: what --mount, --network, --gpus and --output are written in."""

from __future__ import annotations

from dockercompat.errors import InvalidParameter


def parse_line(text: str) -> list[str]:
    """The fields of the first line.

    Raises  InvalidParameter with encoding/csv's sentence; columns count bytes from 1
    """
    lines = text.replace("\r\n", "\n").split("\n")
    while lines and not lines[0]:
        lines.pop(0)
    if not lines:
        raise InvalidParameter("EOF")
    rest = "\n".join(lines)
    fields: list[str] = []
    at = 0
    while True:
        if rest[at : at + 1] == '"':
            value, at = _quoted_field(rest, at)
            fields.append(value)
        else:
            end = at
            while end < len(rest) and rest[end] not in ",\n":
                if rest[end] == '"':
                    raise _failed(rest, end, 'bare " in non-quoted-field')
                end += 1
            fields.append(rest[at:end])
            at = end
        if rest[at : at + 1] != ",":
            return fields
        at += 1


def _quoted_field(text: str, start: int) -> tuple[str, int]:
    parts: list[str] = []
    at = start + 1
    while True:
        end = text.find('"', at)
        if end < 0:
            raise _failed(text, len(text), 'extraneous or missing " in quoted-field')
        parts.append(text[at:end])
        following = text[end + 1 : end + 2]
        if following == '"':
            parts.append('"')
            at = end + 2
        elif following in ("", ",", "\n"):
            return "".join(parts), end + 1
        else:
            raise _failed(text, end, 'extraneous or missing " in quoted-field')


def _failed(text: str, at: int, reason: str) -> InvalidParameter:
    column = len(text[:at].encode("utf-8", "surrogateescape")) + 1
    return InvalidParameter(f"parse error on line 1, column {column}: {reason}")
