"""Reading YAML as docker compose does: YAML 1.2 scalars with go-yaml's leftovers, merge keys, !reset and !override."""

from __future__ import annotations

import re

from dockercompat.compose.values import Timestamp, go_text
from dockercompat.errors import InvalidProject
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.compose.values import Value

_STR = "tag:yaml.org,2002:str"
_PLAIN = "plain"  # the tag given to a scalar without quotes and without a tag
_MERGE = "tag:yaml.org,2002:merge"
_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIME = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt ]\s*\d{1,2}:\d{2}:\d{2}(\.\d*)?\s*(Z|[-+]\d{1,2}(:?\d{2})?)?)?")
_BASES = ((("0x", "0X"), 16, "0123456789abcdefABCDEF"), (("0b", "0B"), 2, "01"), (("0o", "0O"), 8, "01234567"), (("0",), 8, "01234567"))
_MAX_NODES = 1_000_000  # of one document with its aliases written out


class Document(Record):
    """One YAML document of a file.

    value    its content; a key tagged !reset is left out
    cleared  places of !reset and !override: what earlier files say there is dropped
    """

    value: Value
    cleared: tuple[tuple[str, ...], ...]


def resolve_plain(text: str) -> Value:
    """What a scalar without quotes means: None, bool, int, float, a Timestamp or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if text[0].isdigit() and _TIME.fullmatch(text):
        return Timestamp(text)
    plain = text.replace("_", "")
    number = _integer(plain)
    if number is not None:
        return number
    if _FLOAT.fullmatch(plain):
        value = float(plain)
        return text if value in (float("inf"), float("-inf")) else value
    return text


def _integer(text: str) -> int | None:
    sign = -1 if text[:1] == "-" else 1
    digits = text[1:] if text[:1] in ("+", "-") else text
    for starts, base, allowed in _BASES:
        if digits.startswith(starts) and len(digits) > len(starts[0]):
            rest = digits[len(starts[0]) :]
            if all(letter in allowed for letter in rest):
                return _bounded(sign * int(rest, base))
            return None
    if digits and all(letter in "0123456789" for letter in digits):
        return _bounded(sign * int(digits))
    return None


def _bounded(number: int) -> int | None:
    return number if -(1 << 63) <= number < 1 << 64 else None


def _loader_class() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        """The parser alone: scalars are resolved here, not by YAML 1.1."""

        def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
            if kind is yaml.ScalarNode:
                return _PLAIN if implicit[0] else _STR
            return "map" if kind is yaml.MappingNode else "seq"

        def descend_resolver(self, *_: Any) -> None: ...

        def ascend_resolver(self) -> None: ...

        def check_resolver_prefix(self, *_: Any) -> None: ...

    return Loader


def read(data: bytes, path: str) -> list[Document]:
    """The documents of one file. Raises InvalidProject with go-yaml's words for what is no YAML, and for a key given twice."""
    return [_Reader(path).document(node) for node in parse(data)]


def parse(data: bytes) -> list[Any]:
    """The nodes of all documents, without any meaning given to them."""
    import yaml

    nodes = []
    loader = _loader_class()(data)
    try:
        while loader.check_node():
            nodes.append(loader.get_node())
    except yaml.composer.ComposerError as error:
        raise InvalidProject(f"yaml: unknown anchor '{_anchor(data, error.problem_mark)}' referenced") from None
    except yaml.MarkedYAMLError as error:
        raise InvalidProject(f"yaml: {_place(error, yaml.scanner.ScannerError)}{error.problem}") from None
    except yaml.reader.ReaderError as error:
        raise InvalidProject(f"yaml: {error.reason}") from None
    finally:
        loader.dispose()
    return nodes


def _anchor(data: bytes, mark: Any) -> str:
    """The name behind the asterisk at a place of a file."""
    line = data.decode(errors="replace").split("\n")[mark.line]
    return re.split(r"[^\w-]", line[mark.column + 1 :], maxsplit=1)[0]


def _place(error: Any, scanner_error: type) -> str:
    for mark in (error.context_mark, error.problem_mark):
        if mark is not None and mark.line:
            return f"line {mark.line + isinstance(error, scanner_error)}: "
    return ""


class _Reader:
    def __init__(self, path: str) -> None:
        self.path = path
        self.cleared: list[tuple[str, ...]] = []
        self.count = 0

    def document(self, node: Any) -> Document:
        value = None if node is None else self.value(node, ())
        return Document(value, tuple(self.cleared))

    def value(self, node: Any, place: tuple[str, ...]) -> Value:
        self.count += 1
        if self.count > _MAX_NODES:
            raise InvalidProject("yaml: document contains excessive aliasing")
        tag = node.tag
        if tag == "!override":
            self.cleared.append(place)
        kind = node.id
        if kind == "scalar":
            if tag == _PLAIN or (tag == "!override" and not node.style):
                return resolve_plain(node.value)
            return self.tagged(node) if tag != _STR else node.value
        if kind == "sequence":
            return [self.value(item, (*place, "[]")) for item in node.value if not self.dropped(item, (*place, "[]"))]
        return self.mapping(node, place)

    def dropped(self, node: Any, place: tuple[str, ...]) -> bool:
        if node.tag != "!reset":
            return False
        self.cleared.append(place)
        return True

    def tagged(self, node: Any) -> Value:
        kind = node.tag.rpartition(":")[2]
        value = resolve_plain(node.value)
        if kind == "int" and isinstance(value, int):
            return value
        if kind == "float" and isinstance(value, int | float):
            return float(value)
        if kind in ("bool", "null"):
            return value
        return node.value

    def mapping(self, node: Any, place: tuple[str, ...]) -> dict[str, Value]:
        result: dict[str, Value] = {}
        lines: dict[Value, int] = {}
        merges = []
        for key_node, item in node.value:
            if key_node.id == "scalar" and key_node.value == "<<" and key_node.tag in (_PLAIN, _MERGE):
                merges.append(item)
                continue
            key = self.key(key_node, place)
            if key in lines:
                line = key_node.start_mark.line + 1
                raise InvalidProject(f'failed to parse {self.path}: line {line}: mapping key "{key}" already defined at line {lines[key]}')
            lines[key] = key_node.start_mark.line + 1
            below = (*place, key)
            if not self.dropped(item, below):
                result[key] = self.value(item, below)
        for merge in merges:
            for base in merge.value if merge.id == "sequence" else [merge]:
                if base.id != "mapping":
                    raise InvalidProject("yaml: map merge requires map or sequence of maps as the value")
                for key, item in self.mapping(base, place).items():
                    result.setdefault(key, item)
        return result

    def key(self, node: Any, place: tuple[str, ...]) -> str:
        value = resolve_plain(node.value) if node.id == "scalar" and node.tag == _PLAIN else node.value
        if isinstance(value, str) and not isinstance(value, Timestamp):
            return value
        where = f"in {'.'.join(place)}" if place else "at top level"
        raise InvalidProject(f"non-string key {where}: {go_text(value)}")


def clear(target: Value, places: tuple[tuple[str, ...], ...]) -> None:
    """Drop from a document what stands at the places of !reset and !override."""
    for place in places:
        node = target
        for key in place[:-1]:
            node = node.get(key) if isinstance(node, dict) else None
        if isinstance(node, dict) and place:
            node.pop(place[-1], None)
