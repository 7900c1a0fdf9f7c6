"""Functions that look at what they are called with before it is evaluated: try, can, convert."""

from __future__ import annotations

from dockercompat.build.bake import types
from dockercompat.build.bake.functions import Function, Parameter, Table
from dockercompat.build.bake.places import fault
from dockercompat.errors import BakeFailed, HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.build.bake.expressions import Scope
    from dockercompat.build.bake.operations import Call


def _try(call: Call, scope: Scope) -> Any:
    if not call.arguments:
        raise fault(call.called_at, "Error in function call", 'Call to function "try" failed: at least one argument is required.')
    said = []
    for argument in call.arguments:
        try:
            return argument.evaluate(scope)
        except BakeFailed as error:
            place, _, sentence = str(error).partition(": ")
            said.append(f"- {sentence.partition('; ')[0]} (at {place})\n  {sentence.partition('; ')[2]}")
    detail = 'Call to function "try" failed: no expression succeeded:\n' + "\n".join(said)
    raise fault(call.called_at, "Error in function call", f"{detail}\n\nAt least one expression must produce a successful result.")


def _can(call: Call, scope: Scope) -> Any:
    try:
        call.arguments[0].evaluate(scope)
    except BakeFailed:
        return False
    return True


def _convert(call: Call, scope: Scope) -> Any:
    from dockercompat.build.bake.typing import read_type

    value = call.arguments[0].evaluate(scope)
    wanted = read_type(call.arguments[1])
    try:
        return types.convert(value, wanted)
    except HclError as error:
        detail = f'Invalid value for "value" parameter: {error}.'
        raise fault(call.arguments[0].start(), "Invalid function argument", detail) from None


def _unused(*_: Any) -> Any:
    raise AssertionError("a lazy function")


TABLE: Table = {
    "try": Function(_unused, (), Parameter("expressions"), _try),
    "can": Function(_unused, (Parameter("expression"),), None, _can),
    "convert": Function(_unused, (Parameter("value"), Parameter("type")), None, _convert),
}
