"""Why Go's encoding/json refuses a text, and JSON read into Go's types: docker prints those errors of files that people edit."""

from __future__ import annotations

from dockercompat import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    _Wrong = tuple[str, list[str], str, str]

_SPACE = " \t\r\n"
_WORDS = {"t": "true", "f": "false", "n": "null"}
_KINDS = {dict: "object", list: "array", str: "string", bool: "bool", int: "number", float: "number"}


class InvalidJson(ValueError):
    """The message is Go's."""


class Shape:
    """A Go struct.

    name    as errors call it: "configfile.ConfigFile"
    fields  key in JSON -> its Go type: "string", "bool", "any", "[]string", "map[string]string" and the like, or the name of a struct
    structs the structs that fields name
    """

    def __init__(self, name: str, fields: Mapping[str, str], structs: tuple[Shape, ...] = ()) -> None:
        self.name = name
        self.short = name.rpartition(".")[2]
        self.fields = fields
        self.structs = {struct.name: struct for struct in structs}


def loads(text: str, *, stream: bool = False) -> Any:
    """The value of a JSON text.

    stream  as json.Decoder reads: what follows the first value is not looked at
    Raises  InvalidJson
    """
    try:
        if stream:
            start = len(text) - len(text.lstrip(_SPACE))
            import json as standard

            return standard.JSONDecoder().raw_decode(text, start)[0]
        return json.loads(text)
    except ValueError:
        raise InvalidJson(Scanner(text, stream).complaint()) from None
    except RecursionError:
        raise InvalidJson("exceeded max depth") from None


def fill(shape: Shape, value: Any) -> tuple[dict[str, Any], str]:
    """The members of a JSON object that fit the struct, under the struct's spelling of their keys, and the first complaint, "" if none.

    Keys that the struct does not know are left out; letters' case does not count, as in Go.
    """
    if value is None:
        return {}, ""
    if not isinstance(value, dict):
        return {}, f"json: cannot unmarshal {_KINDS[type(value)]} into Go value of type {shape.name}"
    found: dict[str, Any] = {}
    first = ""
    for key, _given, member in _members(shape, value):
        kept, wrong = _fit(shape, shape.fields[key], member)
        if wrong:
            struct, path, kind, wanted = wrong
            dotted = ".".join([struct, key, *path])
            first = first or f"json: cannot unmarshal {kind} into Go struct field {dotted} of type {wanted}"
        if kept is not None:
            found[key] = kept
    return found, first


def _members(shape: Shape, value: dict[str, Any]) -> list[tuple[str, str, Any]]:
    folded = {key.lower(): key for key in shape.fields}
    keys = ((given if given in shape.fields else folded.get(given.lower()), given, member) for given, member in value.items())
    return [(key, given, member) for key, given, member in keys if key is not None]


def _fit(shape: Shape, go_type: str, value: Any) -> tuple[Any, _Wrong | None]:
    """What of a value fits, and what is wrong with it: struct, path below the field, JSON's kind, Go's type."""
    if value is None or go_type == "any":
        return value, None
    kind = _KINDS[type(value)]
    misfit: _Wrong = (shape.short, [], kind, go_type)
    if go_type.startswith("map[string]"):
        if not isinstance(value, dict):
            return None, misfit
        pairs = {key: _fit(shape, go_type[len("map[string]") :], member) for key, member in value.items()}
        return {key: inner for key, (inner, _) in pairs.items()}, next((bad for _, bad in pairs.values() if bad), None)
    if go_type.startswith("[]"):
        if not isinstance(value, list):
            return None, misfit
        each = [_fit(shape, go_type[2:], member) for member in value]
        return [inner for inner, _ in each], next((bad for _, bad in each if bad), None)
    if go_type in shape.structs:
        inner_shape = shape.structs[go_type]
        if not isinstance(value, dict):
            return None, misfit
        kept: dict[str, Any] = {}
        wrong = None
        for key, _, member in _members(inner_shape, value):
            inner, bad = _fit(inner_shape, inner_shape.fields[key], member)
            if bad and wrong is None:
                wrong = (bad[0], [key, *bad[1]], bad[2], bad[3])
            if inner is not None:
                kept[key] = inner
        return kept, wrong
    if kind == {"string": "string", "bool": "bool", "int": "number"}[go_type]:
        return value, None
    return None, misfit


class Scanner:
    """Finds the place where Go's scanner stops."""

    def __init__(self, text: str, stream: bool) -> None:
        self.text = text
        self.at = 0
        self.end = "unexpected EOF" if stream else "unexpected end of JSON input"
        self.stream = stream

    def complaint(self) -> str:
        if self.stream and not self.text.strip(_SPACE):
            return "EOF"
        try:
            self._value()
            if not self.stream and self._peek():
                self._wrong("after top-level value")
        except InvalidJson as error:
            return str(error)
        return self.end

    def _peek(self) -> str:
        while self.at < len(self.text) and self.text[self.at] in _SPACE:
            self.at += 1
        return self.text[self.at] if self.at < len(self.text) else ""

    def _wrong(self, where: str) -> None:
        if self.at >= len(self.text):
            raise InvalidJson(self.end)
        raise InvalidJson(f"invalid character {go_rune(self.text[self.at])} {where}")

    def _value(self) -> None:
        first = self._peek()
        if first == "{":
            self._members()
        elif first == "[":
            self._elements()
        elif first == '"':
            self._string()
        elif first in _WORDS:
            word = _WORDS[first]
            for place in range(1, len(word)):
                self.at += 1
                if self.text[self.at : self.at + 1] != word[place]:
                    self._wrong(f"in literal {word} (expecting {go_rune(word[place])})")
            self.at += 1
        elif first == "-" or first.isdigit():
            self._number()
        else:
            self._wrong("looking for beginning of value")

    def _members(self) -> None:
        self.at += 1
        if self._peek() == "}":
            self.at += 1
            return
        while True:
            if self._peek() != '"':
                self._wrong("looking for beginning of object key string")
            self._string()
            if self._peek() != ":":
                self._wrong("after object key")
            self.at += 1
            self._value()
            following = self._peek()
            if following not in ("}", ","):
                self._wrong("after object key:value pair")
            self.at += 1
            if following == "}":
                return

    def _elements(self) -> None:
        self.at += 1
        if self._peek() == "]":
            self.at += 1
            return
        while True:
            self._value()
            following = self._peek()
            if following not in ("]", ","):
                self._wrong("after array element")
            self.at += 1
            if following == "]":
                return

    def _string(self) -> None:
        self.at += 1
        while True:
            letter = self.text[self.at : self.at + 1]
            if letter == '"':
                self.at += 1
                return
            if letter == "\\":
                self.at += 1
                escaped = self.text[self.at : self.at + 1]
                if escaped == "u":
                    for _ in range(4):
                        self.at += 1
                        if self.text[self.at : self.at + 1] not in set("0123456789abcdefABCDEF"):
                            self._wrong("in \\u hexadecimal character escape")
                elif not escaped or escaped not in '"\\/bfnrt':
                    self._wrong("in string escape code")
            elif not letter or letter < " ":
                self._wrong("in string literal")
            self.at += 1

    def _number(self) -> None:
        if self.text[self.at] == "-":
            self.at += 1
            if not self._digit():
                self._wrong("in numeric literal")
        if self.text[self.at] == "0":
            self.at += 1
        else:
            self._digits()
        if self.text[self.at : self.at + 1] == ".":
            self.at += 1
            if not self._digit():
                self._wrong("after decimal point in numeric literal")
            self._digits()
        if self.text[self.at : self.at + 1] in ("e", "E"):
            self.at += 1
            if self.text[self.at : self.at + 1] in ("+", "-"):
                self.at += 1
            if not self._digit():
                self._wrong("in exponent of numeric literal")
            self._digits()

    def _digit(self) -> bool:
        return self.text[self.at : self.at + 1] in set("0123456789")

    def _digits(self) -> None:
        while self._digit():
            self.at += 1


def go_rune(letter: str, *, whole: bool = False) -> str:
    """A character in quotes as Go's scanner shows it: the first version goes by bytes, the second by whole characters."""
    if letter == "'":
        return r"'\''"
    if letter == '"':
        return "'\"'"
    code = ord(letter) if whole else letter.encode(errors="surrogateescape")[0]
    known = {10: r"\n", 9: r"\t", 13: r"\r", 92: r"\\", 7: r"\a", 8: r"\b", 11: r"\v", 12: r"\f"}
    if code in known:
        return f"'{known[code]}'"
    if code < 0x20 or code == 0x7F:
        return f"'\\x{code:02x}'"
    return f"'{chr(code)}'" if chr(code).isprintable() else f"'\\u{code:04x}'"
