"""Values of compose files made into those of the canonical model: sizes, durations, lists of pairs, each section in its order.

A section of the model is a Section: its keys stand in the order in which docker compose prints them; what is zero is left out.
"""

from __future__ import annotations

from dockercompat.compose.files import interpolate, shorthand
from dockercompat.compose.values import go_text, go_type, quoted
from dockercompat.errors import InvalidProject
from dockercompat.spec import duration, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockercompat.compose.values import Value, Warn

    Convert = Callable[["Decoder", Value, str], Value]


class Section(dict[str, "Value"]):
    """A mapping with fixed keys; all other dictionaries of the model are sorted by key when they are written."""

    __slots__ = ()


class Untagged(dict[str, "Kind"]):
    """Attributes of a section that Go's JSON writes with a capital letter, in mistakes too."""

    __slots__ = ()


class Kind:
    """The type of an attribute.

    convert  makes the model's value of a file's; raises ValueError with the words for the user
    keep     a zero that was said is kept
    always   the value of the document where nothing is said; YAML does not show all of them
    """

    __slots__ = ("always", "convert", "keep")

    def __init__(self, convert: Convert, *, keep: bool = False, always: Callable[[], Value] | None = None) -> None:
        self.convert, self.keep, self.always = convert, keep, always


class Decoder:
    """One pass over a document; mistakes are collected, as docker compose tells all of them."""

    def __init__(self, warn: Warn) -> None:
        self.warn = warn
        self.mistakes: list[str] = []

    def section(self, value: Value, fields: dict[str, Kind], place: str) -> Section:
        """The attributes of a mapping in the order of fields, then its x- extensions."""
        result = Section()
        if not isinstance(value, dict):
            if value is not None:
                self.mistakes.append(f"'{place}' expected a map or struct, got {quoted(go_kind(value))}")
            value = {}
        for name, kind in fields.items():
            given = value.get(name)
            if given is None:
                if kind.always is not None:
                    result[name] = kind.always()
                continue
            try:
                converted = kind.convert(self, given, f"{place}.{name}" if place else name)
            except ValueError as error:
                shown = name.capitalize() if isinstance(fields, Untagged) else name
                self.mistakes.append(f"'{place}.{shown}' {error}")
                continue
            if converted is None and kind.always is None:
                continue
            if kind.keep or kind.always is not None or _is_set(converted):
                result[name] = converted
        for name in sorted(value):
            if name.startswith("x-"):
                result[name] = value[name]
        return result

    def check(self) -> None:
        """Raises InvalidProject if there were mistakes."""
        if self.mistakes:
            raise InvalidProject("decoding failed due to the following error(s):\n\n" + "\n".join(self.mistakes))


def changed(section: Mapping[str, Value], fields: dict[str, Kind], changes: Mapping[str, Value]) -> Section:
    """A section with some attributes set, each in its place; one that is None lacks afterwards."""
    values = {**section, **changes}
    result = Section({name: values[name] for name in fields if name in values and (name not in changes or values[name] is not None)})
    result.update((name, value) for name, value in values.items() if name not in fields)
    return result


def _is_set(value: Value) -> bool:
    return bool(value) or isinstance(value, Section)


def go_kind(value: Value) -> str:
    return {"map[string]interface {}": "map", "[]interface {}": "slice"}.get(go_type(value), go_type(value))


def _unconvertible(expected: str, value: Value) -> ValueError:
    return ValueError(f"expected type '{expected}', got unconvertible type '{go_type(value)}'")


def _text(decoder: Decoder, value: Value, place: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _unconvertible("string", value)


def _loose_text(decoder: Decoder, value: Value, place: str) -> str:
    return go_text(value)


def _boolean(decoder: Decoder, value: Value, place: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return interpolate.to_boolean(value, decoder.warn)
    raise _unconvertible("bool", value)


def _integer(decoder: Decoder, value: Value, place: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float):
        return int(value)
    if isinstance(value, str):
        return interpolate.to_int64(value)
    raise _unconvertible("int", value)


def _small(name: str) -> Convert:
    def convert(decoder: Decoder, value: Value, place: str) -> int:
        if isinstance(value, str):
            raise _unconvertible(name, value)
        return _integer(decoder, value, place)

    return convert


def _number(decoder: Decoder, value: Value, place: str) -> float | int:
    if isinstance(value, str):
        value = interpolate.to_float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unconvertible("float32", value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _bytes(decoder: Decoder, value: Value, place: str) -> str:
    if isinstance(value, float):
        decoder.warn(f"{place}: a size is a whole number or a text, {go_text(value)} is ignored")
        return ""
    if isinstance(value, str):
        value = int(value) if value.lstrip("-").isascii() and value[:1] == "-" and value[1:].isdigit() else size.ram_in_bytes(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"unexpected value type {go_type(value)} for size")
    return str(value) if value else ""


def _duration(decoder: Decoder, value: Value, place: str) -> str:
    return duration.format(duration.parse(go_text(value)))


def _mode(decoder: Decoder, value: Value, place: str) -> str:
    if not isinstance(value, str | int):
        raise ValueError(f"unexpected value type {go_type(value)} for mode")
    if isinstance(value, str):
        try:
            value = int(value, 8)
        except ValueError:
            raise ValueError(f"strconv.ParseInt: parsing {quoted(value)}: invalid syntax") from None
    return f"0{int(value):o}"


def _device_count(decoder: Decoder, value: Value, place: str) -> int:
    if isinstance(value, str):
        if value == "all":
            return -1
        try:
            return interpolate.to_int64(value)
        except ValueError:
            raise ValueError(f"invalid value {quoted(value)}, the only value allowed is 'all' or a number") from None
    return _integer(decoder, value, place)


def _texts(decoder: Decoder, value: Value, place: str) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise _unconvertible("[]string", value)
    found = []
    for index, item in enumerate(value):
        try:
            found.append(_text(decoder, item, place))
        except ValueError as error:
            decoder.mistakes.append(f"'{place}[{index}]' {error}")
    return found


def _numbers_or_texts(decoder: Decoder, value: Value, place: str) -> list[str]:
    return [go_text(item) for item in value] if isinstance(value, list) else [go_text(value)]


def _command(decoder: Decoder, value: Value, place: str) -> list[str] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return shorthand.words(value)
    return [go_text(item) for item in value]


def _test(decoder: Decoder, value: Value, place: str) -> list[str]:
    return ["CMD-SHELL", value] if isinstance(value, str) else [go_text(item) for item in value]


def _extensions_aside(value: dict[str, Value]) -> dict[str, Value]:
    """Keys with x- are taken for extensions wherever they stand; docker compose prints them so."""
    aside = {key: item for key, item in value.items() if key.startswith("x-")}
    if not aside:
        return value
    return {**{key: item for key, item in value.items() if key not in aside}, "#extensions": aside}


def _mapping(decoder: Decoder, value: Value, place: str) -> dict[str, str]:
    if isinstance(value, dict):
        value = _extensions_aside(value)
        return {key: "" if value[key] is None else go_text(value[key]) for key in sorted(value)}
    found = {}
    for item in value:
        key, _, text = go_text(item).partition("=")
        found[key] = text
    return dict(sorted(found.items()))


def _open_mapping(decoder: Decoder, value: Value, place: str) -> dict[str, str | None]:
    if isinstance(value, dict):
        value = _extensions_aside(value)
        return {key: None if value[key] is None else go_text(value[key]) for key in sorted(value)}
    found: dict[str, str | None] = {}
    for item in value:
        key, equals, text = go_text(item).partition("=")
        found[key] = text if equals else None
    return dict(sorted(found.items()))


def _strict_mapping(decoder: Decoder, value: Value, place: str) -> dict[str, str]:
    found = {}
    for key in sorted(value):
        try:
            found[key] = _text(decoder, value[key], place)
        except ValueError as error:
            decoder.mistakes.append(f"'{place}[{key}]' {error}")
    return found


def _many(decoder: Decoder, value: Value, place: str) -> dict[str, list[str]]:
    return {key: [go_text(one) for one in (item if isinstance(item, list) else [item])] for key, item in sorted(value.items())}


def _hosts(decoder: Decoder, value: Value, place: str) -> list[str]:
    found: dict[str, list[str]] = {}
    if isinstance(value, dict):
        for name, item in value.items():
            found[name] = [go_text(one) for one in item] if isinstance(item, list) else ["" if item is None else str(item)]
    else:
        for item in value:
            text = go_text(item)
            separator = "=" if "=" in text else ":"
            name, _, addresses = text.partition(separator)
            if separator not in text:
                raise ValueError(f"invalid additional host, missing IP: {text}")
            found.setdefault(name, []).extend(addresses.split(","))
    for name in found:
        if not name or ":" in name or "=" in name:
            raise ValueError(f"bad host name '{name}'")
    return sorted(f"{name}={_bare(address)}" for name, addresses in found.items() for address in addresses)


def _bare(address: str) -> str:
    return address[1:-1] if len(address) > 2 and address[0] == "[" and address[-1] == "]" else address


def _ssh(decoder: Decoder, value: Value, place: str) -> list[str]:
    return [key if path is None else f"{key}={path}" for key, path in value.items()]


def _ulimit(decoder: Decoder, value: Value, place: str) -> Value:
    if isinstance(value, dict):
        return Section(soft=value.get("soft", 0), hard=value.get("hard", 0))
    return value if value else Section(soft=0, hard=0)


def _published(decoder: Decoder, value: Value, place: str) -> str:
    return go_text(value)


TEXT = Kind(_text)
LOOSE_TEXT = Kind(_loose_text)
BOOLEAN = Kind(_boolean)
SAID_BOOLEAN = Kind(_boolean, keep=True)
INTEGER = Kind(_integer)
SAID_INTEGER = Kind(_integer, keep=True)
WEIGHT = Kind(_small("uint16"))
NUMBER = Kind(_number)
BYTES = Kind(_bytes)
SHOWN_TEXT = Kind(_text, always=str)
SHOWN_WEIGHT = Kind(_small("uint16"), always=int)
SHOWN_INTEGER = Kind(_integer, always=int)
SHOWN_BYTES = Kind(lambda decoder, value, place: _bytes(decoder, value, place) or "0", always=lambda: "0")
DURATION = Kind(_duration)
MODE = Kind(_mode)
DEVICE_COUNT = Kind(_device_count)
TEXTS = Kind(_texts)
NUMBERS_OR_TEXTS = Kind(_numbers_or_texts)
COMMAND = Kind(_command, keep=True, always=lambda: None)
TEST = Kind(_test)
MAPPING = Kind(_mapping)
OPEN_MAPPING = Kind(_open_mapping)
STRICT_MAPPING = Kind(_strict_mapping)
MANY = Kind(_many)
HOSTS = Kind(_hosts)
SSH = Kind(_ssh)
ULIMIT = Kind(_ulimit)
RAW = Kind(lambda decoder, value, place: value)


def section(fields: dict[str, Kind], *, always: bool = False) -> Kind:
    """A mapping with fixed attributes; always: JSON shows it even when nothing of it is said."""

    def convert(decoder: Decoder, value: Value, place: str) -> Section:
        return decoder.section(value, fields, place)

    def nothing() -> Section:
        return Section({name: kind.always() for name, kind in fields.items() if kind.always is not None})

    return Kind(convert, keep=True, always=nothing if always else None)


def items(fields: dict[str, Kind]) -> Kind:
    """A list of such mappings."""

    def convert(decoder: Decoder, value: Value, place: str) -> list[Section]:
        return [decoder.section(item, fields, f"{place}[{index}]") for index, item in enumerate(value)]

    return Kind(convert)


def named(fields: dict[str, Kind], *, nullable: bool = False) -> Kind:
    """A mapping from names that users choose to such mappings; nullable: null stays null."""

    def convert(decoder: Decoder, value: Value, place: str) -> dict[str, Section | None]:
        return {
            name: None if nullable and value[name] is None else decoder.section(value[name], fields, f"{place}[{name}]")
            for name in sorted(value)
        }

    return Kind(convert)


def named_values(kind: Kind) -> Kind:
    def convert(decoder: Decoder, value: Value, place: str) -> dict[str, Value]:
        return {name: kind.convert(decoder, value[name], f"{place}[{name}]") for name in sorted(value)}

    return Kind(convert)
