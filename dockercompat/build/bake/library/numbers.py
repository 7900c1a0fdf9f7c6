"""Functions on numbers and truth values."""

from __future__ import annotations

import math
from fractions import Fraction

from dockercompat.build.bake import values
from dockercompat.build.bake.functions import Table, declare
from dockercompat.build.bake.operations import calculate
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TABLE: Table = {}

for _name, _operator in (("add", "+"), ("subtract", "-"), ("multiply", "*"), ("divide", "/"), ("modulo", "%")):
    declare(TABLE, _name, "a:number", "b:number")(lambda a, b, _operator=_operator: calculate(_operator, a, b))

declare(TABLE, "absolute", "num:number")(lambda number: abs(number))
declare(TABLE, "negate", "num:number")(lambda number: -number)
declare(TABLE, "ceil", "num:number")(lambda number: number if isinstance(number, float) else Fraction(math.ceil(number)))
declare(TABLE, "floor", "num:number")(lambda number: number if isinstance(number, float) else Fraction(math.floor(number)))
declare(TABLE, "int", "num:number")(lambda number: number if isinstance(number, float) else Fraction(math.trunc(number)))
declare(TABLE, "greaterthan", "a:number", "b:number")(lambda a, b: a > b)
declare(TABLE, "greaterthanorequalto", "a:number", "b:number")(lambda a, b: a >= b)
declare(TABLE, "lessthan", "a:number", "b:number")(lambda a, b: a < b)
declare(TABLE, "lessthanorequalto", "a:number", "b:number")(lambda a, b: a <= b)
declare(TABLE, "not", "val:bool")(lambda value: not value)
declare(TABLE, "and", "a:bool", "b:bool")(lambda a, b: a and b)
declare(TABLE, "or", "a:bool", "b:bool")(lambda a, b: a or b)
declare(TABLE, "equal", "a?:any", "b?:any")(lambda a, b: values.equal(a, b))
declare(TABLE, "notequal", "a?:any", "b?:any")(lambda a, b: not values.equal(a, b))


@declare(TABLE, "max", "*numbers:number")
def _max(*numbers: Any) -> Any:
    if not numbers:
        raise HclError("must pass at least one number")
    return max(numbers)


@declare(TABLE, "min", "*numbers:number")
def _min(*numbers: Any) -> Any:
    if not numbers:
        raise HclError("must pass at least one number")
    return min(numbers)


@declare(TABLE, "signum", "num:number")
def _signum(number: Any) -> Any:
    if isinstance(number, Fraction) and number.denominator != 1:
        raise HclError("value must be a whole number, between -9223372036854775808 and 9223372036854775807 inclusive")
    return Fraction((number > 0) - (number < 0))


@declare(TABLE, "log", "num:number", "base:number")
def _log(number: Any, base: Any) -> Any:
    try:
        return _float(math.log(float(number)) / math.log(float(base)))
    except (ValueError, ZeroDivisionError):
        return float("-inf") if number == 0 else float("inf")


@declare(TABLE, "pow", "num:number", "power:number")
def _pow(number: Any, power: Any) -> Any:
    try:
        return _float(math.pow(float(number), float(power)))
    except (OverflowError, ValueError):
        return float("inf")


def _float(value: float) -> Any:
    """A float64 as go-cty takes it over."""
    return values.from_float(value)


@declare(TABLE, "parseint", "number:any", "base:number")
def _parseint(text: Any, base: Any) -> Any:
    if not isinstance(text, str):
        raise HclError(f"first argument must be a string, not {values.type_name(text)}", 0)
    radix = values.whole(base)
    if not 2 <= radix <= 62:
        raise HclError("base must be a whole number between 2 and 62 inclusive", 1)
    digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    sign = -1 if text.startswith("-") else 1
    body = text[1:] if text[:1] in ("-", "+") else text
    total = 0
    for letter in body if radix > 36 else body.lower():
        worth = digits.find(letter)
        if worth < 0 or worth >= radix:
            body = ""
            break
        total = total * radix + worth
    if not body:
        raise HclError(f'cannot parse "{text}" as a base {radix} integer', 0)
    return Fraction(sign * total)
