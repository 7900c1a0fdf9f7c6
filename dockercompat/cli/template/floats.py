"""Floating-point numbers in Go's spelling."""

from __future__ import annotations

import math


def go_float(number: float, form: str = "g", precision: int | None = None) -> str:
    """Go's FormatFloat; without a precision the shortest digits that read back the same.

    form  e, f, g, b (a whole mantissa and a power of two) or x
    """
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if form == "b":
        return _binary(number)
    if form == "x":
        return _hexadecimal(number, precision)
    if precision is not None:
        return f"{number:.{precision}{form}}"
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    digits, _, exponent_text = repr(abs(number)).partition("e")
    whole, _, fraction = digits.partition(".")
    fraction = "" if fraction == "0" else fraction
    shift = int(exponent_text or "0")
    digits = (whole + fraction).lstrip("0")
    exponent = len(whole) - 1 + shift - (len(whole + fraction) - len((whole + fraction).lstrip("0"))) if digits else 0
    digits = digits.rstrip("0") or "0"
    if form == "e" or (form == "g" and (exponent < -4 or exponent >= 6)):
        tail = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{tail}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    digits = digits.ljust(exponent + 1, "0")
    tail = f".{digits[exponent + 1 :]}" if len(digits) > exponent + 1 else ""
    return f"{sign}{digits[: exponent + 1]}{tail}"


def keep_zeros(text: str, verb: str, precision: int | None) -> str:
    """What printf's # does to a number without sign: always a point, and as many digits as were asked for, six for %g and %x."""
    wanted = 0
    if verb in "vgGx":
        wanted = 6 if precision is None else precision
    ends = "pP" if verb in "xX" else "eE"
    at = next((at for at, sign in enumerate(text) if sign in ends), len(text))
    number, tail = text[:at], text[at:]
    significant = number.replace(".", "").lstrip("0")
    wanted -= len(significant)
    if "." not in number:
        wanted -= number == "0"
        number += "."
    return number + "0" * wanted + tail


def _binary(number: float) -> str:
    mantissa, exponent = math.frexp(number)
    whole = int(mantissa * (1 << 53))
    exponent -= 53
    if whole and exponent < -1074:
        whole >>= -1074 - exponent
    if not whole or exponent < -1074:
        exponent = -1074
    return f"{whole}p{exponent:+d}"


def _hexadecimal(number: float, precision: int | None) -> str:
    if not number:
        point = f".{'0' * precision}" if precision else ""
        return f"{'-' if math.copysign(1.0, number) < 0 else ''}0x0{point}p+00"
    mantissa, exponent = math.frexp(abs(number))
    bits, exponent = int(mantissa * (1 << 53)), exponent - 1
    digits = 13
    if precision is not None and precision < digits:
        dropped = 4 * (digits - precision)
        rest, bits = bits & ((1 << dropped) - 1), bits >> dropped
        half = 1 << (dropped - 1)
        bits += rest > half or (rest == half and bits & 1)
        digits = precision
        if bits >> (4 * digits) > 1:
            bits >>= 1
            exponent += 1
    text = f"{bits:x}"
    fraction = text[1:].rstrip("0") if precision is None else text[1:].ljust(precision, "0")
    sign = "-" if number < 0 else ""
    return f"{sign}0x{text[0]}{'.' + fraction if fraction else ''}p{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
