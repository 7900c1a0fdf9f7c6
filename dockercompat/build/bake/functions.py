"""What a function of HCL is: its parameters as messages name them, and what it does. The library declares them; files define more."""

from __future__ import annotations

from dockercompat.build.bake import types, values
from dockercompat.errors import HclError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.build.bake.expressions import Scope
    from dockercompat.build.bake.operations import Call

_KINDS = {
    "any": types.ANY,
    "string": types.STRING,
    "number": types.NUMBER,
    "bool": types.BOOL,
    "bytes": types.Type("bytes"),
    "list": types.Type("list", (types.ANY,)),
    "strings": types.STRINGS,
    "map": types.Type("map", (types.ANY,)),
    "set": types.Type("set", (types.ANY,)),
}


class Parameter(Record):
    """nullable: null may be given for it."""

    name: str
    type: types.Type = types.ANY
    nullable: bool = False

    def accept(self, value: Any) -> Any:
        """The value as the function wants it. Raises HclError."""
        if value is None:
            if self.nullable:
                return None
            raise HclError("argument must not be null")
        if self.type.kind == "list" and self.type.of[0].kind == "any" and isinstance(value, list):
            return list(values.unified([value])[0])
        if self.type.kind == "bytes":
            raise HclError("bytes required")
        if self.type.kind == "map" and self.type.of[0].kind == "any" and isinstance(value, dict):
            return value
        return types.convert(value, self.type)


class Function:
    """lazy: is given the call itself, and evaluates what it wants of it."""

    def __init__(
        self,
        run: Callable[..., Any],
        parameters: tuple[Parameter, ...] = (),
        variadic: Parameter | None = None,
        lazy: Callable[[Call, Scope], Any] | None = None,
    ) -> None:
        self.run, self.parameters, self.variadic, self.lazy = run, parameters, variadic, lazy

    def parameter(self, number: int) -> Parameter:
        if number < len(self.parameters):
            return self.parameters[number]
        assert self.variadic is not None
        return self.variadic


Table = dict[str, Function]


def declare(table: Table, name: str, *spec: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that puts a function into a table.

    spec  a parameter each: `name:kind`, with `?` behind the name when null is allowed, with `*` before it for any number more
    """

    def put(run: Callable[..., Any]) -> Callable[..., Any]:
        parameters: list[Parameter] = []
        variadic = None
        for text in spec:
            word, _, kind = text.partition(":")
            made = Parameter(word.strip("*?"), _KINDS[kind or "any"], "?" in word)
            if word.startswith("*"):
                variadic = made
            else:
                parameters.append(made)
        table[name] = Function(run, tuple(parameters), variadic)
        return run

    return put


def standard() -> Table:
    """The functions that buildx gives to every file."""
    from dockercompat.build.bake.library import collections, dates, encoding, formatting, lazy, numbers, sets, text

    table: Table = {}
    for module in (text, numbers, collections, sets, encoding, formatting, dates, lazy):
        table.update(module.TABLE)
    return table


def is_sequence(value: Any) -> bool:
    """Whether a value has an order: a list or tuple, not a set."""
    return isinstance(value, list) and not isinstance(value, values.Set)
