"""HCL's JSON spelling: an object is a body, and strings are templates."""

from __future__ import annotations

import re

from dockercompat.build.bake import values
from dockercompat.build.bake.expressions import Literal, Node, Object, Tuple
from dockercompat.build.bake.places import Range, fault
from dockercompat.build.bake.source import Argument, Block, Body
from dockercompat.build.bake.templates import from_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BLOCKS = ("target", "group", "variable", "function")
_TOKEN = re.compile(r'[ \t\r\n]*(?:(?P<mark>[{}\[\],:])|(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[^\s{}\[\],:"]+))', re.S)


class _Value:
    """A value of JSON: members of an object, items of an array, or what it is."""

    def __init__(self, at: Range, value: Any, members: tuple[tuple[str, Range, _Value], ...] | None = None) -> None:
        self.at, self.value, self.members = at, value, members


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self.text, self.name, self.position = text, name, 0

    def _range(self, start: int, end: int) -> Range:
        def place(offset: int) -> tuple[int, int]:
            return self.text.count("\n", 0, offset) + 1, offset - (self.text.rfind("\n", 0, offset) + 1) + 1

        return Range(self.name, *place(start), *place(end))

    def _next(self) -> tuple[str, str, Range]:
        match = _TOKEN.match(self.text, self.position)
        if match is None or not match.lastgroup:
            end = len(self.text)
            raise fault(
                self._range(max(end - 1, 0), end),
                "Missing JSON value",
                "A JSON value must start with a brace, a bracket, a number, a string, or a keyword.",
            )
        self.position = match.end()
        return match.lastgroup, match[match.lastgroup], self._range(match.start(match.lastgroup), match.end())

    def value(self) -> _Value:
        kind, text, at = self._next()
        if kind == "string":
            return _Value(at, self._string(text, at))
        if kind == "word":
            try:
                return _Value(at, values.decode(text))
            except ValueError:
                detail = f'"{text}" is not a valid JSON keyword.' if text.isalpha() else f"The JSON value {text} is not valid."
                raise fault(at, "Invalid JSON keyword", detail) from None
        if text == "{":
            members = []
            for key, key_at in self._keys():
                members.append((key, key_at, self.value()))
            return _Value(at, None, tuple(members))
        if text == "[":
            items: list[_Value] = []
            if self._peek() == "]":
                self._next()
                return _Value(at, items)
            while True:
                items.append(self.value())
                _, mark, place = self._next()
                if mark == "]":
                    return _Value(at, items)
                if mark != ",":
                    raise fault(place, "Missing comma", "JSON requires a comma between array elements.")
        raise fault(at, "Missing JSON value", "A JSON value must start with a brace, a bracket, a number, a string, or a keyword.")

    def _keys(self) -> Any:
        if self._peek() == "}":
            self._next()
            return
        while True:
            kind, text, at = self._next()
            if kind != "string":
                raise fault(at, "Invalid object property name", "Property names must be in double quotes.")
            _, colon, place = self._next()
            if colon != ":":
                raise fault(place, "Missing property value colon", "Property names and values must be separated by a colon.")
            yield self._string(text, at), at
            _, mark, place = self._next()
            if mark == "}":
                return
            if mark != ",":
                raise fault(
                    place, "Missing attribute seperator comma", "A comma must appear between each property definition in an object."
                )

    def _peek(self) -> str:
        match = _TOKEN.match(self.text, self.position)
        return match["mark"] or "" if match is not None else ""

    def _string(self, text: str, at: Range) -> str:
        try:
            return str(values.decode(text))
        except ValueError:
            raise fault(at, "Invalid JSON string", "The given value is not a valid JSON string.") from None


def parse(text: str, name: str) -> Body:
    """A whole file. Raises BakeFailed."""
    reader = _Reader(text, name)
    root = reader.value()
    body = Body(Range(name, 1, 1, 1, 1))
    if root.members is None:
        detail = "A JSON object is required here, to define arguments and child blocks."
        first = root.value[0].at if isinstance(root.value, list) and root.value else root.at
        raise fault(first, "Incorrect JSON value type", detail)
    _fill(body, root.members, top=True)
    return body


def _fill(body: Body, members: tuple[tuple[str, Range, _Value], ...], *, top: bool) -> None:
    for key, key_at, value in members:
        if top and key in _BLOCKS:
            _blocks(body, key, key_at, value)
        elif not top and key == "validation":
            for each in value.value if value.members is None else [value]:
                inner = Body(each.at)
                _fill(inner, each.members or (), top=False)
                body.blocks.append(Block(key, key_at, (), (), inner))
        else:
            body.arguments[key] = Argument(
                key, key_at, key_at, _expression(value, raw=not top and key in ("type", "params", "result", "variadic_params"))
            )


def _blocks(body: Body, type: str, type_at: Range, value: _Value) -> None:
    for group in value.value if value.members is None and isinstance(value.value, list) else [value]:
        if group.members is None:
            detail = "Either a JSON object or JSON array of objects is required here, to specify name labels for this block."
            raise fault(group.at, "Incorrect JSON value type", detail, others=1)
        for label, label_at, content in group.members:
            for each in content.value if content.members is None and isinstance(content.value, list) else [content]:
                if each.members is None:
                    detail = (
                        'Either a JSON object or a JSON array is required, representing the contents of one or more "' + type + '" blocks.'
                    )
                    raise fault(each.at, "Incorrect JSON value type", detail)
                inner = Body(each.at)
                _fill(inner, each.members, top=False)
                body.blocks.append(Block(type, type_at, (label,), (label_at,), inner))


def _expression(value: _Value, *, raw: bool = False) -> Node:
    """raw: a string is an expression of HCL by itself (a type, the parameters of a function)."""
    if value.members is not None:
        return Object(value.at, tuple((from_text(key, at), _expression(inner)) for key, at, inner in value.members))
    if isinstance(value.value, list):
        return Tuple(value.at, tuple(_expression(item, raw=raw) for item in value.value))
    if isinstance(value.value, str):
        if raw and "${" not in value.value:
            return _native(value.value, value.at)
        return from_text(value.value, value.at)
    return Literal(value.at, value.value)


def _native(text: str, at: Range) -> Node:
    from dockercompat.build.bake.syntax import Reader

    reader = Reader(f"x = {text}\n", at.file)
    return reader.body().arguments["x"].expression
