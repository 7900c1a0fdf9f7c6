"""Integers as Go's strconv reads them, with its sentences."""

from __future__ import annotations

from dockercompat.errors import InvalidParameter


def quoted(text: str) -> str:
    """The text as Go's %q writes it."""
    parts = ['"']
    for char in text:
        if char in '"\\':
            parts.append("\\" + char)
        elif char in _ESCAPES:
            parts.append(_ESCAPES[char])
        elif 0xDC80 <= ord(char) <= 0xDCFF:  # a byte that is no UTF-8
            parts.append(f"\\x{ord(char) - 0xDC00:02x}")
        elif char.isprintable():
            parts.append(char)
        elif ord(char) < 0x80:
            parts.append(f"\\x{ord(char):02x}")
        else:
            parts.append(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")
    parts.append('"')
    return "".join(parts)


_INFINITE = float("inf")
_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def whole(digits: str, base: int = 10) -> int:
    """The value of digits that are known to be some; Python's own int takes no more than 4300 decimal ones."""
    if base != 10 or len(digits) < 4000:
        return int(digits, base)
    value = 0
    for at in range(0, len(digits), 4000):
        part = digits[at : at + 4000]
        value = value * 10 ** len(part) + int(part)
    return value


def parse_float(text: str) -> float:
    """What Go's strconv.ParseFloat reads: also 1_000, and 0x1.8p3.

    Raises  ValueError in its words
    """
    try:
        if not text.isascii() or text != text.strip():
            raise ValueError
        if text.lstrip("+-")[:2].lower() == "0x":
            if "p" not in text.lower():
                raise ValueError
            value = float.fromhex(text.replace("_", ""))
        else:
            value = float(text)
    except OverflowError:
        value = _INFINITE
    except ValueError:
        raise ValueError(f"strconv.ParseFloat: parsing {quoted(text)}: invalid syntax") from None
    if value in (_INFINITE, -_INFINITE) and "inf" not in text.lower():
        raise ValueError(f"strconv.ParseFloat: parsing {quoted(text)}: value out of range")
    return value


def parse_int(text: str, *, bits: int = 64, function: str = "ParseInt") -> int:
    """A decimal integer with an optional sign.

    Raises  InvalidParameter with Go's sentence; function is the name in it (ParseInt, Atoi)
    """
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidParameter(f"strconv.{function}: parsing {quoted(text)}: invalid syntax")
    value = -whole(digits) if text[0] == "-" else whole(digits)
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        raise InvalidParameter(f"strconv.{function}: parsing {quoted(text)}: value out of range")
    return value


def parse_uint(text: str, *, bits: int = 64, base: int = 10) -> int:
    """An unsigned integer without sign; the same sentences. base 0 reads what the text begins with: 0x, 0o, 0b, and 0 for octal."""
    if base == 0:
        digits = text.replace("_", "")
        base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2].lower(), 8 if len(digits) > 1 and digits[0] == "0" else 10)
        if base != 10:
            digits = digits[1:] if digits[1:2].isdigit() else digits[2:]
    else:
        digits = text
    if not digits or any(char not in "0123456789abcdef"[:base] for char in digits.lower()):
        raise InvalidParameter(f"strconv.ParseUint: parsing {quoted(text)}: invalid syntax")
    value = whole(digits, base)
    if value >= 1 << bits:
        raise InvalidParameter(f"strconv.ParseUint: parsing {quoted(text)}: value out of range")
    return value


TRUE = ("1", "t", "T", "TRUE", "true", "True")
FALSE = ("0", "f", "F", "FALSE", "false", "False")


def parse_bool(text: str) -> bool:
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise InvalidParameter(f"strconv.ParseBool: parsing {quoted(text)}: invalid syntax")
