"""The canonical project written as docker compose writes it: YAML as go-yaml does, JSON as Go's encoding/json does."""

from __future__ import annotations

import re

from dockercompat import json
from dockercompat.compose.files.document import resolve_plain
from dockercompat.compose.model.decode import Section
from dockercompat.compose.values import Timestamp, go_float

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockercompat.compose.values import Value

_OLD_BOOLEANS = frozenset(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"))
_BREAKS = frozenset("\n\r\x85\u2028\u2029")
_LONGEST_KEY = 128  # of one that stands before its colon
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_ONLY_JSON: dict[str, Value] = {
    "command": None,
    "entrypoint": None,
    "ipam": {},
    "resources": {},
    "placement": {},
    "exec": {"command": None},
}
_CAPITALS = {"weight_device", "device_read_bps", "device_read_iops", "device_write_bps", "device_write_iops"}
_SIMPLE = re.compile(r"[A-Za-z/_][A-Za-z0-9_./@$+=-]*").fullmatch
_ORDINARY = ("\t\t", "\n\n", " ~", "\x85\x85", "\xa0\ud7ff", "\ue000\ufefe", "\uff00\ufffd")  # first and last; as a pattern, 4 ms
_ESCAPES = {0: "0", 7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 27: "e", 0x85: "N", 0xA0: "_", 0x2028: "L", 0x2029: "P"}


def yaml(document: Value) -> str:
    """Two blanks an indentation, lists indented under their key; sections in their order, other mappings sorted by key."""
    lines: list[str] = []
    _write_mapping(Section(document), "", lines, "")
    return "\n".join(lines) + "\n"


def plain_yaml(document: Value) -> str:
    """A document without sections: every mapping sorted, null shown as null."""
    lines: list[str] = []
    _write_mapping(document, "", lines, "")
    return "\n".join(lines) + "\n"


def _write_mapping(mapping: Value, indent: str, lines: list[str], key_of: str) -> None:
    for key, value in _entries(mapping, key_of):
        if len(key) > _LONGEST_KEY or not _BREAKS.isdisjoint(key):
            lines.append(f"{indent}? {scalar(key, indent)}")
            _write_entry(f"{indent}:", value, indent, lines, key)
        else:
            _write_entry(f"{indent}{scalar(key, indent)}:", value, indent, lines, key)


def _entries(mapping: Value, key_of: str) -> Iterator[tuple[str, Value]]:
    if not isinstance(mapping, Section):
        for key in sorted(mapping, key=natural):
            yield key, mapping[key]
        return
    for key, value in mapping.items():
        if key in _ONLY_JSON and value == _ONLY_JSON[key] and (value is None or isinstance(value, Section)):
            continue
        if key == "ssh" and isinstance(value, list):
            value = [item.replace("=", ": ", 1) for item in value]
        yield key, value


def _write_entry(start: str, value: Value, indent: str, lines: list[str], key: str) -> None:
    if isinstance(value, dict) and any(True for _ in _entries(value, key)):
        lines.append(start)
        _write_mapping(value, indent + "  ", lines, key)
    elif isinstance(value, list) and value:
        lines.append(start)
        _write_list(value, indent + "  ", lines, key)
    else:
        lines.append(f"{start} {scalar(value, indent)}")


def _write_list(items: list[Value], indent: str, lines: list[str], key: str) -> None:
    for item in items:
        if isinstance(item, dict) and any(True for _ in _entries(item, key)):
            inner: list[str] = []
            _write_mapping(item, indent + "  ", inner, key)
            lines.append(f"{indent}- {inner[0].lstrip(' ')}")
            lines += inner[1:]
        elif isinstance(item, list) and item:
            inner = []
            _write_list(item, indent + "  ", inner, key)
            lines.append(f"{indent}- {inner[0].lstrip(' ')}")
            lines += inner[1:]
        else:
            lines.append(f"{indent}- {scalar(item, indent)}")


def scalar(value: Value, indent: str) -> str:
    """A value without anything in it, in go-yaml's spelling; a block's lines are indented below indent."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return {"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}.get(go_float(value), go_float(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    return _text(value, indent)


def _text(text: str, indent: str) -> str:
    if _SIMPLE(text) and text not in _OLD_BOOLEANS and resolve_plain(text).__class__ is str:
        return text
    special = not (text.isascii() and text.isprintable()) and any(_is_special(letter) for letter in text)
    if "\n" in text:
        if special or " \n" in text or text[-1] == " ":
            return _double_quoted(text)
        return _literal(text, indent)
    meaning = resolve_plain(text)
    plain = isinstance(meaning, str) and not isinstance(meaning, Timestamp) and text not in _OLD_BOOLEANS and not _BASE_60.fullmatch(text)
    if not plain and text != "<<":
        return _double_quoted(text)
    if special or "\t" in text or "\n" in text:
        return _double_quoted(text)
    if _has_indicators(text) or text[0] == " " or text[-1] == " ":
        return "'" + text.replace("'", "''") + "'"
    return text


def _is_special(letter: str) -> bool:
    return not any(span[0] <= letter <= span[1] for span in _ORDINARY)


def _has_indicators(text: str) -> bool:
    first = text[0]
    if first in "#,[]{}&*!|>'\"%@`" or text.startswith(("---", "...")):
        return True
    if first in "?:-" and (len(text) == 1 or text[1] in " \t"):
        return True
    return ": " in text or text[-1] == ":" or " #" in text


def _literal(text: str, indent: str) -> str:
    hint = "2" if text[0] in " \n" else ""
    body = text
    if not text.endswith("\n"):
        hint += "-"
    elif text == "\n" or text.endswith("\n\n"):
        hint += "+"
    body = text.removesuffix("\n")
    lines = [f"{indent}  {line}" if line else "" for line in body.split("\n")]
    return "\n".join([f"|{hint}", *lines])


def _double_quoted(text: str) -> str:
    letters = []
    for letter in text:
        number = ord(letter)
        if letter in '"\\':
            letters.append("\\" + letter)
        elif number in _ESCAPES:
            letters.append("\\" + _ESCAPES[number])
        elif _is_special(letter):
            letters.append(f"\\x{number:02X}" if number < 0x100 else f"\\u{number:04X}" if number < 0x10000 else f"\\U{number:08X}")
        else:
            letters.append(letter)
    return '"' + "".join(letters) + '"'


_PARTS = re.compile(r"\d+|\D")


def natural(key: str) -> list[tuple[int, int, str]]:
    """go-yaml's order of keys: numbers in them by value, letters after what is none."""
    return [(1, int(part), part) if part.isdigit() else (2 if part.isalpha() else 0, ord(part), part) for part in _PARTS.findall(key)]


def json_text(document: Value) -> str:
    """Indented by two blanks, top level sorted; extensions stand only there. Without a newline at the end."""
    return _escaped(json.dumps({key: to_json(document[key]) for key in sorted(document)}, indent=2, ensure_ascii=False))


def compact_json(value: Value) -> str:
    """What Go's json.Marshal makes of a section: the text that configuration hashes are taken of."""
    text = json.dumps(to_json(value), separators=(",", ":"), ensure_ascii=False)
    return _escaped(text)


def _escaped(text: str) -> str:
    for letter in "<>&\u2028\u2029":
        if letter in text:
            text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text.replace("\x7f", "\x7f")


def to_json(value: Value, key: str = "") -> Value:
    """Plain values in the order in which Go's JSON has them."""
    if isinstance(value, Section):
        found = {name: to_json(item, name) for name, item in value.items() if not name.startswith("x-")}
        if key in _CAPITALS:
            return {name.capitalize(): found.get(name, 0 if name == "weight" else "") for name in (*found,)}
        if found.keys() == {"soft", "hard"}:
            return {name: item for name, item in found.items() if item}
        return found
    if isinstance(value, dict):
        return {name: to_json(value[name], key) for name in sorted(value)}
    if key == "env_file" and isinstance(value, list):
        return [_env_file(item) for item in value]
    if isinstance(value, list):
        return [to_json(item, key) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def _env_file(file: Value) -> Value:
    """As docker compose has it in the text that it hashes: the path alone for a file that has to be there."""
    return file["path"] if file.get("required") else {"path": file["path"], "required": False}
