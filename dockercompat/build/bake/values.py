"""Values of HCL as go-cty has them: text, exact numbers, truth, tuples, objects, sets, null; their conversions and their words.

A value is a str, a bool, a Fraction (or a float that is infinite), a list, a dict, a Set or None. Numbers have the 512 bits of go-cty.
"""

from __future__ import annotations

import math
from fractions import Fraction

from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BITS = 512


class Set(list):  # type: ignore[type-arg]
    """Values without order and each once; kept in go-cty's order: numbers by size, text by code point."""

    @classmethod
    def of(cls, values: Any) -> Set:
        made: list[Any] = []
        for value in values:
            if not any(equal(value, kept) for kept in made):
                made.append(value)
        return cls(sorted(made, key=_set_key))


class Mapped(dict):  # type: ignore[type-arg]
    """A map: its elements are all of one type, and a missing one is a missing element, not a missing attribute."""


def _set_key(value: Any) -> tuple[int, Any]:
    if isinstance(value, str):
        return 2, value
    if isinstance(value, bool):
        return 0, value
    if is_number(value):
        return 1, value
    return 3, encode(value)


def unified(lists: list[list[Any]]) -> list[list[Any]]:
    """Lists whose items are of one type: text, when they are plain values of several."""
    kinds = {type_name(item) for items in lists for item in items if item is not None}
    if len(kinds) > 1 and kinds <= {"string", "number", "bool"}:
        return [[None if item is None else to_string(item) for item in items] for items in lists]
    return lists


def is_number(value: Any) -> bool:
    """Whether it is a number of HCL, the infinite ones (floats here) among them."""
    return isinstance(value, Fraction | float)


def rounded(value: Fraction) -> Fraction:
    """The nearest number of 512 bits."""
    if value.denominator == 1 and abs(value.numerator).bit_length() <= _BITS:
        return value
    numerator, denominator = abs(value.numerator), value.denominator
    shift = _BITS - (numerator.bit_length() - denominator.bit_length())
    for _ in range(2):
        scaled = numerator << shift if shift >= 0 else numerator
        divisor = denominator if shift >= 0 else denominator << -shift
        quotient, rest = divmod(scaled, divisor)
        if quotient.bit_length() <= _BITS:
            break
        shift -= 1
    if rest * 2 > divisor or (rest * 2 == divisor and quotient & 1):
        quotient += 1
    made = Fraction(quotient, 1 << shift) if shift >= 0 else Fraction(quotient << -shift)
    return -made if value < 0 else made


def number(text: str) -> Fraction:
    """A decimal number in text. Raises ValueError."""
    if "_" in text or "/" in text or text != text.strip():
        raise ValueError(text)
    return rounded(Fraction(text))


def number_text(value: Any) -> str:
    """The shortest decimal digits that mean this number and no other one of 512 bits."""
    if isinstance(value, float):
        return "+Inf" if value > 0 else "-Inf"
    if value.denominator == 1:
        return str(value.numerator)
    sign, size = ("-", -value) if value < 0 else ("", value)
    exponent = len(str(size.numerator // size.denominator)) if size >= 1 else -_leading_zeros(size)
    for digits in range(1, 160):
        places = digits - exponent
        scaled = size * 10**places if places >= 0 else size / 10**-places
        whole = round(scaled)
        candidate = Fraction(whole, 10**places) if places >= 0 else Fraction(whole * 10**-places)
        if rounded(candidate) == size:
            break
    if places <= 0:
        return f"{sign}{whole * 10**-places}"
    text = str(whole).rjust(places + 1, "0")
    return f"{sign}{text[:-places]}.{text[-places:]}".rstrip("0").rstrip(".")


def _leading_zeros(size: Fraction) -> int:
    zeros = 0
    while size * 10 < 1:
        size *= 10
        zeros += 1
    return zeros


def type_name(value: Any) -> str:
    """The type in words: "string", "number", "bool", "tuple", "object", "set of string", ..."""
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "bool"
    if is_number(value):
        return "number"
    if isinstance(value, Set):
        return f"set of {type_name(value[0]) if value else 'dynamic'}"
    if isinstance(value, Mapped):
        return f"map of {type_name(next(iter(value.values()))) if value else 'dynamic'}"
    if isinstance(value, list):
        return "tuple"
    if isinstance(value, dict):
        return "object"
    return "dynamic"


def equal(left: Any, right: Any) -> bool:
    """Of one type and the same; null is equal to null alone."""
    if left is None or right is None:
        return left is right
    if isinstance(left, bool) or isinstance(right, bool):
        return isinstance(left, bool) and isinstance(right, bool) and left == right
    if isinstance(left, list) and isinstance(right, list):
        same_kind = isinstance(left, Set) == isinstance(right, Set)
        return same_kind and len(left) == len(right) and all(equal(a, b) for a, b in zip(left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if is_number(left) and is_number(right):
        return bool(left == right)
    return isinstance(left, str) and isinstance(right, str) and left == right


def to_string(value: Any) -> str:
    """Raises HclError("string required")."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        return number_text(value)
    raise HclError("string required")


def to_number(value: Any) -> Any:
    """Raises HclError("a number is required")."""
    if is_number(value):
        return value
    if isinstance(value, str):
        try:
            return number(value)
        except (ValueError, ZeroDivisionError):
            raise HclError("a number is required") from None
    raise HclError("number required")


def to_bool(value: Any) -> bool:
    """Raises HclError("a bool is required")."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if value in ("true", "1"):
            return True
        if value in ("false", "0"):
            return False
        raise HclError("a bool is required")
    raise HclError("bool required")


def whole(value: Any) -> int:
    """A number that is an int. Raises HclError."""
    made = to_number(value)
    if isinstance(made, float) or made.denominator != 1:
        raise HclError("a whole number is required")
    return int(made.numerator)


def from_float(value: float) -> Any:
    """A number of 53 bits, which is its shortest digits."""
    return value if math.isinf(value) else rounded(Fraction(repr(value)))


def from_python(value: Any) -> Any:
    """A value of JSON or of ours: ints and floats become numbers."""
    if isinstance(value, bool) or value is None or isinstance(value, str | Fraction):
        return value
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float):
        return from_float(value)
    if isinstance(value, dict):
        return {str(key): from_python(item) for key, item in value.items()}
    return [from_python(item) for item in value]


def encode(value: Any) -> str:
    """Compact JSON as Go writes it: keys sorted, <, > and & escaped. Raises HclError."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        if isinstance(value, float):
            raise HclError("cannot serialize infinity as JSON")
        return number_text(value)
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{quote(key)}:{encode(value[key])}" for key in sorted(value)) + "}"
    return "[" + ",".join(encode(item) for item in value) + "]"


def quote(text: str) -> str:
    """A JSON string as Go's encoding/json writes it."""
    from dockercompat import json

    made = json.dumps(text, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        made = made.replace(character, f"\\u{ord(character):04x}")
    return made


def decode(text: str) -> Any:
    """JSON text to a value. Raises ValueError."""
    from dockercompat import json

    return from_python(json.loads(text, parse_float=number, parse_int=lambda digits: Fraction(int(digits))))
