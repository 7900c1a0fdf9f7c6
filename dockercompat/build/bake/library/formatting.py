"""`format` and `formatlist`: verbs as go-cty reads them."""

from __future__ import annotations

import re
from fractions import Fraction

from dockercompat.build.bake import values
from dockercompat.build.bake.functions import Table, declare
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TABLE: Table = {}
_VERB = re.compile(
    r"%(?P<flags>[-+# 0]*)(?:\[(?P<at0>\d+)\])?(?P<width>\d+)?(?:\.(?P<precision>\d*))?(?:\[(?P<at>\d+)\])?(?P<mode>.|$)", re.S
)


def format_values(text: str, given: tuple[Any, ...]) -> str:
    """Raises HclError."""
    made, position, last, used = "", 0, 0, 0
    for match in _VERB.finditer(text):
        made += text[last : match.start()]
        last = match.end()
        mode = match["mode"]
        if not mode:
            raise HclError(f"unexpected end of format string at offset {match.start()}")
        if mode == "%":
            made += "%"
            continue
        at = match["at"] or match["at0"]
        if at:
            position = int(at) - 1
        if position < 0 or position >= len(given):
            more = f"need index {position + 1} but have {len(given)} total"
            raise HclError(f'not enough arguments for "{match[0]}" at {match.start()}: {more}')
        if mode not in "vtsqbdoxXeEfgG":
            raise HclError(f"unsupported format verb '{mode}' in \"{match[0]}\" at offset {match.start()}")
        value = given[position]
        position += 1
        used = max(used, position)
        try:
            made += _formatted(mode, match, value)
        except HclError as error:
            raise HclError(f'unsupported value for "{match[0]}" at {match.start()}: {error}') from None
    if used < len(given):
        more = f"only {used} used by format string" if used else "no verbs in format string"
        raise HclError(f"too many arguments; {more}", used + 1)
    return made + text[last:]


def _formatted(mode: str, match: re.Match[str], value: Any) -> str:
    flags, width, precision = match["flags"], int(match["width"] or 0), match["precision"]
    if mode == "v":
        if "#" in flags:
            return _padded(values.encode(value), width, flags)
        if value is None:
            return _padded("null", width, flags)
        if isinstance(value, str) or values.is_number(value) or isinstance(value, bool):
            return _padded(values.to_string(value), width, flags)
        return _padded(values.encode(value), width, flags)
    if value is None:
        raise HclError("null value cannot be formatted")
    if mode == "t":
        return _padded(values.to_string(values.to_bool(value)), width, flags)
    if mode in "sq":
        text = values.to_string(value)
        if precision is not None:
            text = text[: int(precision or 0)]
        return _padded(values.quote(text) if mode == "q" else text, width, flags)
    return _number(mode, flags, width, precision, values.to_number(value))


def _padded(text: str, width: int, flags: str) -> str:
    if len(text) >= width:
        return text
    return text.ljust(width) if "-" in flags else text.rjust(width, "0" if "0" in flags and "-" not in flags else " ")


def _number(mode: str, flags: str, width: int, precision: str | None, number: Any) -> str:
    sign = "-" if number < 0 else "+" if "+" in flags else " " if " " in flags else ""
    size = abs(number)
    if isinstance(size, float):
        return _padded(f"{sign or '+'}Inf", width, flags.replace("0", ""))
    if mode in "bdoxX":
        if size.denominator != 1:
            raise HclError("an integer is required")
        prefix = {"b": "0b", "o": "0", "x": "0x", "X": "0X", "d": ""}[mode] if "#" in flags else ""
        body = prefix + format(int(size), mode)
        if precision:
            body = body.rjust(int(precision), "0")
    else:
        places = 6 if precision is None else int(precision or 0)
        body = _fixed(size, places) if mode == "f" else _scientific(mode, size, precision)
    if "0" in flags and "-" not in flags:
        return sign + body.rjust(width - len(sign), "0")
    return _padded(sign + body, width, flags)


def _fixed(size: Fraction, places: int) -> str:
    scaled = round(size * 10**places)
    text = str(scaled).rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]}" if places else text


def _scientific(mode: str, size: Fraction, precision: str | None) -> str:
    if mode in "gG" and precision is None:
        text = values.number_text(size)
        exponent = len(text.partition(".")[0]) - 1 if size >= 1 else 0
        if (exponent < 21 and size >= Fraction(1, 10000)) or size == 0:
            return text
        made = repr(float(size))
        return made.upper() if mode == "G" else made
    return format(float(size), f".{6 if precision is None else int(precision or 0)}{mode}")


@declare(TABLE, "format", "format:string", "*args?:any")
def _format(text: str, *given: Any) -> str:
    return format_values(text, given)


@declare(TABLE, "formatlist", "format:string", "*args?:any")
def _formatlist(text: str, *given: Any) -> Any:
    if not given:
        return [format_values(text, ())]
    counts = {len(value): number for number, value in enumerate(given) if isinstance(value, list)}
    if len(counts) > 1:
        (first, at_first), (second, at_second) = list(counts.items())[:2]
        more = f"which is inconsistent with argument {at_first + 1} of length {first}"
        raise HclError(f"argument {at_second + 1} has length {second}, {more}", at_second + 1)
    if not counts:
        return [format_values(text, given)]
    found = []
    for number in range(next(iter(counts))):
        row = tuple(value[number] if isinstance(value, list) else value for value in given)
        try:
            found.append(format_values(text, row))
        except HclError as error:
            raise HclError(f"error on format iteration {number}: {error}") from None
    return found
