"""A request's JSON read into the Go types of docker's engine: what it takes, what it refuses, and its words for that.

An engine built with Go 1.25 or later reads JSON by the second version of its library with the first one's rules: letters' case does not
count in the names of members, unknown ones are left out, null leaves a scalar as it is, and a member that comes twice is merged with its
first occurrence. The first version's words, which clients have for their files, are in spec/go_json.py.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

from dockercompat.api.bodies import type_of
from dockercompat.errors import InvalidParameter
from dockercompat.spec.go_json import InvalidJson, Scanner, go_rune

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

    from dockercompat.api.bodies import GoType

_SPACE = " \t\r\n"
_LIMITS = {
    "int": (-(1 << 63), (1 << 63) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "uint16": (0, (1 << 16) - 1),
    "uint32": (0, (1 << 32) - 1),
    "uint": (0, (1 << 64) - 1),
    "uint64": (0, (1 << 64) - 1),
}
_ZERO: dict[str, Any] = {"string": "", "bool": False, **dict.fromkeys(_LIMITS, 0)}


class _Number(str):
    """A number as it was written."""


class _Members(list[tuple[str, object]]):
    """An object's members in their order, those that come twice too."""


class TrailingData(InvalidParameter):
    """Something follows the document."""

    def __init__(self) -> None:
        super().__init__("unexpected content after JSON")


class _EngineScanner(Scanner):
    """Finds the place where the second version of the library stops."""

    def _string(self) -> None:
        self.at += 1
        while (letter := self.text[self.at : self.at + 1]) != '"':
            if not letter:
                raise InvalidJson(self.end)
            if letter < " ":
                self._wrong("in string")
            if letter == "\\":
                self._escape()
            else:
                self.at += 1
        self.at += 1

    def _escape(self) -> None:
        length = 6 if self.text[self.at + 1 : self.at + 2] == "u" else 2
        escape = self.text[self.at : self.at + length]
        digits = set(escape[2:])
        good = digits <= set("0123456789abcdefABCDEF") if length == 6 else escape[1:] in tuple('"\\/bfnrt')
        if not good:
            raise InvalidJson(f"invalid escape sequence `{escape}` in string")
        if len(escape) < length:
            raise InvalidJson(self.end)
        self.at += length

    def _wrong(self, where: str) -> None:
        if self.at >= len(self.text):
            raise InvalidJson(self.end)
        place = "in numeric literal" if where.endswith("numeric literal") else where
        raise InvalidJson(f"invalid character {go_rune(self.text[self.at], whole=True)} {place}")


def parse(text: str, *, stream: bool = True) -> Any:
    """The first value of a text, numbers as they were written.

    stream  as a decoder reads: what follows the value may be the end of something larger
    Raises  InvalidJson, TrailingData
    """
    start = len(text) - len(text.lstrip(_SPACE))
    decoder = json.JSONDecoder(object_pairs_hook=_Members, parse_int=_Number, parse_float=_Number, parse_constant=_not_json)
    try:
        value, end = decoder.raw_decode(text, start)
    except RecursionError:
        raise InvalidJson("exceeded max depth") from None
    except ValueError:
        raise InvalidJson(_EngineScanner(text, stream).complaint()) from None
    rest = text[end:].strip(_SPACE)
    if rest and not stream:
        raise InvalidJson(f"invalid character {go_rune(rest[0], whole=True)} after top-level value")
    if rest and rest[0] not in "]}":
        raise TrailingData
    return value


def _not_json(word: str) -> NoReturn:
    raise ValueError(word)


def plain(value: Any) -> Any:
    """A parsed value as Python has it."""
    if isinstance(value, _Members):
        return {name: plain(member) for name, member in value}
    if isinstance(value, list):
        return [plain(member) for member in value]
    if isinstance(value, _Number):
        return int(value) if value.lstrip("-").isdigit() else float(value)
    return value


def read(text: str, go_type: str, *, stream: bool = False) -> Any:
    """A text as a Go type (bodies.TYPES) has it: of a struct the members that were given, under docker's names; None for null.

    Raises  InvalidJson, TrailingData
    """
    wanted = type_of(go_type)
    return _fill(wanted, parse(text, stream=stream), None, [wanted.root])


def read_body(data: bytes, go_type: str) -> Any:
    """A request's document as a Go type has it; None for null. Raises InvalidParameter."""
    text = data.decode("utf-8", "replace")
    if not text.strip(_SPACE):
        raise InvalidParameter("invalid JSON: got EOF while reading request body")
    try:
        return read(text, go_type, stream=True)
    except InvalidJson as error:
        raise InvalidParameter(f"invalid JSON: {error}") from None


def check_content_type(given: str, *, has_body: bool) -> None:
    """Raises InvalidParameter unless it is JSON's; where there is no body it may be missing."""
    if not given and not has_body:
        return
    kind, *parameters = (part.strip() for part in given.split(";"))
    kind = kind.lower()
    wrong = "" if kind else "no media type"
    if kind and any(not re.fullmatch(r"[^\s=]+=\S+", each) and (each or parameters[-1]) for each in parameters):
        wrong = "invalid media parameter"
    if wrong:
        raise InvalidParameter(f"malformed Content-Type header ({given}): mime: {wrong}")
    if kind != "application/json":
        raise InvalidParameter(f"unsupported Content-Type header ({given}): must be 'application/json'")


def _fill(wanted: GoType, value: Any, before: Any, path: Sequence[str], *, in_array: bool = False) -> Any:
    """A value as a Go type has it. path: what leads to it, in_array: by a number at the end."""
    kind = wanted.kind
    if kind == "words":
        return _words(value)
    if value is None:
        return _of_null(wanted, before)
    if kind == "any":
        return plain(value)
    if isinstance(value, _Number):
        low, high = _LIMITS.get(kind, (0, -1))
        if value.removeprefix("-").isdigit() and low <= int(value) <= high:
            return int(value)
        _refuse(f"number {value}" if kind in _LIMITS else "number", wanted, path, in_array)
    if kind == "base64" and isinstance(value, str):
        return _bytes(value, wanted, path)
    if (kind == "string" and isinstance(value, str)) or (kind == "bool" and isinstance(value, bool)):
        return value
    if kind == "struct" and isinstance(value, _Members):
        return _fill_struct(wanted, value, before, path)
    if kind == "map" and isinstance(value, _Members):
        return _fill_map(wanted, value, before, path)
    if kind not in ("slice", "array") or not isinstance(value, list) or isinstance(value, _Members):
        _refuse(_kind(value), wanted, path, in_array)
    inner = wanted.element()
    filled = [_filled(inner, each, None, [*path, str(number)], in_array=True) for number, each in enumerate(value)]
    return (filled + [0] * wanted.length)[: wanted.length] if kind == "array" else filled


def _of_null(wanted: GoType, before: Any) -> Any:
    """null leaves scalars and structs as they are, and takes away the rest."""
    if wanted.is_pointer or (wanted.kind not in _ZERO and wanted.kind != "struct"):
        return None
    return _ZERO.get(wanted.kind) if before is None else before


def _filled(wanted: GoType, value: Any, before: Any, path: Sequence[str], *, in_array: bool = False) -> Any:
    """As _fill, but a struct is never absent."""
    found = _fill(wanted, value, before, path, in_array=in_array)
    return {} if found is None and wanted.kind == "struct" and not wanted.is_pointer else found


def _fill_struct(wanted: GoType, value: _Members, before: Any, path: Sequence[str]) -> dict[str, Any]:
    result: dict[str, Any] = dict(before or {})
    for given, member in value:
        field = wanted.field(given)
        if field is not None:
            name, member_type = field
            result[name] = _fill(member_type, member, result.get(name), [*path, given])
    return result


def _fill_map(wanted: GoType, value: _Members, before: Any, path: Sequence[str]) -> dict[str, Any]:
    result: dict[str, Any] = dict(before or {})
    inner = wanted.element()
    for name, member in value:
        result[name] = _filled(inner, member, None, [*path, name.replace("~", "~0").replace("/", "~1")])
    return result


def _words(value: Any) -> list[str] | None:
    """docker's list of words, for which one string will do."""
    if value is None or (isinstance(value, str) and not isinstance(value, _Number)):
        return None if value is None else [str(value)]
    if isinstance(value, list) and not isinstance(value, _Members):
        words = ["" if each is None else each for each in value]
        if all(isinstance(word, str) and not isinstance(word, _Number) for word in words):
            return words
    raise InvalidJson(f"json: cannot unmarshal {_kind(value)} into Go value of type string")


def _bytes(text: str, wanted: GoType, path: Sequence[str]) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        good = re.match("(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{0,3}", text)
        place = good.end() if good else 0
        _refuse("string", wanted, path, in_array=False, why=f": illegal base64 data at input byte {place}")


def _refuse(kind: str, wanted: GoType, path: Sequence[str], in_array: bool, why: str = "") -> NoReturn:
    place = "Go value" if len(path) == 1 else ".".join(path) if in_array else f"Go struct field {'.'.join(path)}"
    raise InvalidJson(f"json: cannot unmarshal {kind} into {place} of type {wanted.shown}{why}")


def _kind(value: Any) -> str:
    if isinstance(value, _Number):
        return "number"
    if isinstance(value, _Members):
        return "object"
    if value is None:
        return "null"
    return {bool: "bool", str: "string", list: "array"}[type(value)]
