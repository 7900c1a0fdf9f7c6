"""Is a document one of the shape, said in the words of docker's schema checker; only the most telling error is told."""

from __future__ import annotations

import re

from dockercompat.cli.stackfile.shape import FILE, ORDERS, Named, Rows, Struct
from dockercompat.errors import ClientError, DockerError
from dockercompat.spec import duration
from dockercompat.spec.port import parse_publish

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PLAIN = {
    "text": ("string",),
    "size-text": ("number", "string"),
    "text-or-null": ("string", "null"),
    "order": ("string",),
    "bytes": ("string",),
    "duration": ("string",),
    "duration?": ("string",),
    "flag": ("boolean",),
    "flag?": ("boolean",),
    "int": ("integer",),
    "int?": ("integer",),
    "unread": ("integer",),
    "number": ("number",),
    "number?": ("number",),
    "float": ("number",),
    "options": ("object",),
    "external": ("boolean", "object"),
    "strings": ("array",),
    "words": ("array",),
    "scalars": ("array",),
}
_EITHER = {"text-or-words": ("string", "array"), "shell": ("string", "array"), "test": ("string", "array")}
_WORDS = {"object": "mapping", "array": "list"}


class Found(list[tuple[str, str, str]]):
    """The errors of a document of the format 3.MINOR: their kind, the field, the sentence."""

    def __init__(self, minor: int) -> None:
        super().__init__()
        self.minor = minor


def check(document: dict[str, Any], minor: int) -> None:
    """Raises ClientError with docker's line about the deepest of the errors found."""
    found = Found(minor)
    _look(FILE, document, "", found)
    if not found:
        return
    best = 0
    for index, (kind, field, _) in enumerate(found):
        depth, deepest = field.count("."), found[best][1].count(".")
        if depth > deepest or (depth == deepest and kind == "type" and found[best][0] != "type"):
            best = index
    kind, field, sentence = found[best]
    if kind == "one" and best + 1 < len(found):
        sentence = found[best + 1][2]
    raise ClientError(f"{field or '(root)'} {sentence}")


def type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, list):
        return "array"
    return "object" if isinstance(value, dict) else "string"


def _is(value: Any, types: tuple[str, ...]) -> bool:
    kind = type_of(value)
    return kind in types or (kind == "integer" and "number" in types)


def _typed(value: Any, types: tuple[str, ...], at: str, found: Found) -> bool:
    if _is(value, types):
        return True
    names = [_WORDS.get(name, name) for name in types]
    found.append(("type", at, "must be a " + (f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0])))
    return False


def _one(at: str, found: Found) -> None:
    found.append(("one", at, "Must validate one and only one schema (oneOf)"))


def _look(kind: Any, value: Any, at: str, found: Found) -> None:
    if isinstance(kind, Struct):
        _look_struct(kind, value, at, found)
    elif isinstance(kind, Rows):
        if _typed(value, ("array",), at, found):
            for index, item in enumerate(value):
                where = f"{at}.{index}"
                if _is_short(kind, item, where, found):
                    continue
                if kind.item.short and not isinstance(item, dict):
                    _one(where, found)
                    _typed(item, ("number",) if kind.numbers else ("string",), where, found)
                    continue
                before = len(found)
                _look(kind.item, item, where, found)
                if kind.item.short and len(found) > before:
                    found.insert(before, ("one", where, "Must validate one and only one schema (oneOf)"))
            if kind.numbers:
                _unique(value, at, found)
    elif isinstance(kind, Named):
        _look_named(kind, value, at, found)
    elif kind in ("env", "labels", "hosts"):
        _look_pairs(value, at, found)
    elif kind == "ulimit":
        if isinstance(value, dict):
            before = len(found)
            for name in ("soft", "hard"):
                if name not in value:
                    found.append(("required", at, f"{name} is required"))
            _look_struct(Struct({"hard": "int", "soft": "int"}), value, at, found)
            if len(found) > before:
                found.insert(before, ("one", at, "Must validate one and only one schema (oneOf)"))
        elif type_of(value) != "integer":
            _one(at, found)
            _typed(value, ("integer",), at, found)
    elif kind in _EITHER:
        if isinstance(value, list):
            before = len(found)
            _items(value, ("string",), at, found)
            if kind == "text-or-words":
                _unique(value, at, found)
            if len(found) > before:
                found.insert(before, ("one", at, "Must validate one and only one schema (oneOf)"))
        elif not isinstance(value, str):
            _one(at, found)
            _typed(value, ("string",), at, found)
    else:
        _look_plain(kind, value, at, found)


def _look_plain(kind: str, value: Any, at: str, found: Found) -> None:
    if not _typed(value, _PLAIN[kind], at, found):
        return
    if kind == "order" and value not in ORDERS:
        found.append(("enum", at, f'{at} must be one of the following: "start-first", "stop-first"'))
    elif kind.startswith("duration"):
        try:
            duration.parse(value)
        except ValueError:
            found.append(("format", at, "Does not match format 'duration'"))
    elif kind in ("words", "strings", "scalars"):
        _items(value, ("string",) if kind in ("words", "strings") else ("string", "number"), at, found)
        if kind != "strings":
            _unique(value, at, found)
    elif kind == "options":
        for name, item in value.items():
            _typed(item, ("string", "number", "null") if at.endswith(".logging.options") else ("string", "number"), f"{at}.{name}", found)
    elif kind == "external" and isinstance(value, dict):
        _look_struct(Struct({"name": "text"}), value, at, found)


def _look_struct(kind: Struct, value: Any, at: str, found: Found) -> None:
    if kind.short and not at.rpartition(".")[2].isdigit() and isinstance(value, str):
        return
    if value is None and kind.nullable:
        return
    if not _typed(value, ("object", "null") if kind.nullable and ".networks." not in at[9:] else ("object",), at, found):
        return
    for name in kind.required:
        if name not in value:
            found.append(("required", at, f"{name} is required"))
    for name, item in value.items():
        if name in kind.fields and kind.since.get(name, 0) <= found.minor:
            _look(kind.fields[name], item, f"{at}.{name}" if at else name, found)
        elif kind.loose and kind.since.get("*", 0) <= found.minor:
            continue
        elif not (kind.extras and name.startswith("x-") and kind.since.get("x-", 0) <= found.minor):
            found.append(("additional", at, f"Additional property {name} is not allowed"))


def _look_named(kind: Named, value: Any, at: str, found: Found) -> None:
    if kind.list_of_names and isinstance(value, list):
        _items(value, ("string",), at, found)
        _unique(value, at, found)
        return
    if kind.list_of_names and not isinstance(value, dict):
        _one(at, found)
        _typed(value, ("array",), at, found)
        return
    if not _typed(value, ("object",), at, found):
        return
    for name, item in value.items():
        if re.search(kind.names, name):
            _look(kind.item, item, f"{at}.{name}", found)
        elif at != "networks" and kind.item != "ulimit":
            found.append(("additional", at, f"Additional property {name} is not allowed"))


def _look_pairs(value: Any, at: str, found: Found) -> None:
    inner = Found(found.minor)
    if isinstance(value, dict):
        for name, item in value.items():
            _typed(item, ("string", "number", "null"), f"{at}.{name}", inner)
    elif isinstance(value, list):
        _items(value, ("string",), at, inner)
        _unique(value, at, inner)
    else:
        _typed(value, ("object",), at, inner)
    if inner:
        _one(at, found)
        found.extend(inner)


def _is_short(kind: Rows, item: Any, at: str, found: Found) -> bool:
    """Whether a row is one in its short form; a port that is none is told of here."""
    if not isinstance(item, str) and not (kind.numbers and _is(item, ("number",))):
        return False
    if kind.numbers:
        try:
            parse_publish(str(item))
        except DockerError:
            _one(at, found)
            found.append(("format", at, "Does not match format 'ports'"))
    return bool(kind.item.short)


def _items(value: list[Any], types: tuple[str, ...], at: str, found: Found) -> None:
    for index, item in enumerate(value):
        _typed(item, types, f"{at}.{index}", found)


def _unique(value: list[Any], at: str, found: Found) -> None:
    for second, item in enumerate(value):
        if item in value[:second]:
            found.append(("unique", at, f"array items[{value.index(item)},{second}] must be unique"))
            return
