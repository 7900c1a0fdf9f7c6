"""What compose files are made of once read, and tables of rules that stand at places in such a tree."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    Value: TypeAlias = Any  # None, bool, int, float, str, list or dict with str keys, of such values
    Rules: TypeAlias = dict[str, Any]
    Warn: TypeAlias = Callable[[str], None]

RULE = ""  # the key under which a node of a Rules tree holds what applies at that place


class Timestamp(str):
    """A plain scalar that YAML takes for a point in time; compose has no use for one and says so."""

    __slots__ = ()


def plant(table: Mapping[str, object]) -> Rules:
    """A tree of rules from places in dots, such as {"services.*.ports": rule}; "*" stands for any key or list item."""
    root: Rules = {}
    for place, rule in table.items():
        node = root
        for part in place.split("."):
            node = node.setdefault(part, {})
        node[RULE] = rule
    return root


def step(node: Rules | None, key: str) -> Rules | None:
    """The rules that apply below a key, None when there are none."""
    if node is None:
        return None
    found = node.get(key) if key else None
    return found if found is not None else node.get("*")


def clone(value: Value) -> Value:
    """A deep copy; dictionaries keep their class."""
    if isinstance(value, dict):
        copy = value.__class__()
        for key, item in value.items():
            copy[key] = clone(item)
        return copy
    if isinstance(value, list):
        return [clone(item) for item in value]
    return value


def go_text(value: Value) -> str:
    """A scalar as Go's fmt.Sprint writes it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return go_float(value)
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{go_text(item)}" for key, item in sorted(value.items())) + "]"
    if isinstance(value, list):
        return "[" + " ".join(go_text(item) for item in value) + "]"
    return str(value)


def go_float(value: float, *, exponent_from: int = 6, exponent_below: int = -4) -> str:
    """Go's shortest form of a float64: an exponent from 1e+06 on and below 1e-04."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "-0" if str(value).startswith("-") else "0"
    digits, _, power = repr_digits(value)
    sign = "-" if value < 0 else ""
    if power < exponent_below or power >= exponent_from:
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        return f"{sign}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    if len(digits) <= power + 1:
        return sign + digits + "0" * (power + 1 - len(digits))
    return f"{sign}{digits[: power + 1]}.{digits[power + 1 :]}"


def repr_digits(value: float) -> tuple[str, str, int]:
    """The shortest digits that mean a float, "", and the power of ten of the first."""
    text = repr(abs(value))
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    power = len(whole) - 1 + int(exponent or 0)
    if whole.strip("0") == "":
        power = -(len(fraction) - len(fraction.lstrip("0"))) - 1 + int(exponent or 0)
    return digits.rstrip("0") or "0", "", power


def go_type(value: Value) -> str:
    """The name that Go prints for a value's type."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, Timestamp):
        return "time.Time"
    if isinstance(value, int) and value >= 1 << 63:
        return "uint64"
    for kind, name in ((int, "int"), (float, "float64"), (str, "string"), (dict, "map[string]interface {}"), (list, "[]interface {}")):
        if isinstance(value, kind):
            return name
    return "<nil>"


def quoted(text: str) -> str:
    """A text as Go's %q writes it."""
    letters = ['"']
    for letter in text:
        if letter in '"\\':
            letters.append("\\" + letter)
        elif letter in "\a\b\f\n\r\t\v":
            letters.append({"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}[letter])
        elif letter.isprintable() or letter == " ":
            letters.append(letter)
        elif ord(letter) < 0x80:
            letters.append(f"\\x{ord(letter):02x}")
        else:
            letters.append(f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}")
    return "".join(letters) + '"'


def unique(items: Iterable[str]) -> list[str]:
    """In order, each once."""
    return list(dict.fromkeys(items))
