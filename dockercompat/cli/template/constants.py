"""Constants of templates as Go reads them: numbers, signs in single quotes and texts in double ones."""

from __future__ import annotations

from dockercompat.cli.template.lexer import quote
from dockercompat.cli.template.nodes import Number

_MIN_INTEGER, _MAX_UNSIGNED = -(1 << 63), (1 << 64) - 1


def number(position: int, text: str) -> Number:
    """A number; what fits an integer and a float is both.

    Raises  ValueError in the parser's words: illegal number syntax: "1e400", integer overflow: "1..."
    """
    if text.endswith("i"):
        number = _complex(text)
        if number is None:
            raise ValueError(f"illegal number syntax: {quote(text)}")
        real = None if number.imag else number.real
        return Number(position, text, None if real is None else _exact(real), real, complex_=number)
    integer = _integer(text)
    marked = any(c in text for c in ".eEpP")
    if integer is not None and _MIN_INTEGER <= integer <= _MAX_UNSIGNED:
        hexadecimal = text[:2] in ("0x", "0X") and len(text) > 2 and "p" not in text.lower()
        return Number(position, text, integer, float(integer), is_float=marked and not hexadecimal)
    floating = _floating(text)
    if floating is None:
        raise ValueError(f"illegal number syntax: {quote(text)}")
    if not marked:
        raise ValueError(f"integer overflow: {quote(text)}")
    return Number(position, text, _exact(floating), floating, is_float=True)


def rune(position: int, text: str) -> Number:
    """A sign in single quotes. Raises ValueError: invalid syntax, malformed character constant: 'ab'"""
    first = text[1:-1][:1]
    if not first:
        raise ValueError("invalid syntax")
    end = 2
    if first == "\\":
        end = 1 + {"x": 4, "u": 6, "U": 10}.get(text[2], 4 if text[2] in "01234567" else 2)
    sign = unquote(f"{text[:end]}'")
    if text[end:] != "'":
        raise ValueError(f"malformed character constant: {text}")
    return Number(position, text, ord(sign), float(ord(sign)))


def _exact(floating: float) -> int | None:
    return int(floating) if abs(floating) < 1 << 63 and floating == int(floating) else None


def _complex(text: str) -> complex | None:
    at = max(text.rfind(sign) for sign in "+-")
    while at > 0 and text[at - 1] in "eEpP" and text[:2].lower() != "0x":
        at = max(text.rfind(sign, 0, at) for sign in "+-")
    real = _floating(text[:at]) if at > 0 else 0.0
    imaginary = _floating(text[max(at, 0) : -1])
    return None if real is None or imaginary is None else complex(real, imaginary)


def _integer(text: str) -> int | None:
    digits = text.lstrip("+-")
    if not digits[:1].isdigit() or digits.startswith("_") or digits.endswith("_"):
        return None
    try:
        if len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567_":
            return int(text, 8)
        return int(text, 0)
    except ValueError:
        return None


def _floating(text: str) -> float | None:
    try:
        hexadecimal = text.lstrip("+-")[:2].lower() == "0x"
        if hexadecimal and "p" not in text.lower():
            return None
        if "_" in text:
            bare = text.lstrip("+-")
            digits = bare[2:].lstrip("_") if hexadecimal else bare
            if "__" in text or any(not (before.isalnum() and after.isalnum()) for before, after in _around(digits)):
                return None
            text = text.replace("_", "")
        floating = float.fromhex(text) if hexadecimal else float(text)
    except (ValueError, OverflowError):
        return None
    return floating if abs(floating) <= 1.7976931348623157e308 else None


def _around(text: str) -> list[tuple[str, str]]:
    """The signs before and after each underscore."""
    return [(text[at - 1 : at], text[at + 1 : at + 2]) for at, sign in enumerate(text) if sign == "_"]


_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}


def unquote(text: str) -> str:
    """Go's strconv.Unquote for "..." and '...'. Raises ValueError: invalid syntax."""
    closing = text[0]
    body = text[1:-1]
    if "\\" not in body:
        return body
    out = bytearray()
    at = 0
    while at < len(body):
        sign = body[at]
        at += 1
        if sign != "\\":
            out += sign.encode("utf-8", "surrogateescape")
            continue
        escape = body[at : at + 1]
        at += 1
        if escape in ("'", '"') and escape != closing:
            raise ValueError("invalid syntax")
        if escape in _SIMPLE:
            out.append(_SIMPLE[escape])
        elif escape in ("x", "u", "U"):
            width = {"x": 2, "u": 4, "U": 8}[escape]
            digits = body[at : at + width]
            if len(digits) < width or not all(c in "0123456789abcdefABCDEF" for c in digits):
                raise ValueError("invalid syntax")
            at += width
            code = int(digits, 16)
            if escape == "x" and closing == '"':
                out.append(code)
            elif code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise ValueError("invalid syntax")
            else:
                out += chr(code).encode()
        elif escape and escape in "01234567":
            digits = body[at - 1 : at + 2]
            if len(digits) < 3 or not all(c in "01234567" for c in digits) or int(digits, 8) > 255:
                raise ValueError("invalid syntax")
            at += 2
            out.append(int(digits, 8))
        else:
            raise ValueError("invalid syntax")
    return out.decode("utf-8", "surrogateescape")
