"""Types of variables: `string`, `list(number)`, `object({a = string, b = optional(bool)})`, and what a value becomes under one."""

from __future__ import annotations

from dockercompat.build.bake import values
from dockercompat.errors import HclError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Type(Record):
    """kind: string, number, bool, any, list, set, map, object or tuple.

    of          of the elements (list, set, map: one; tuple: each; object: by name)
    optional    names of an object that may be missing
    """

    kind: str
    of: tuple[Type, ...] = ()
    names: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """ "list of string", as messages say it."""
        if self.kind in ("list", "set", "map"):
            return f"{self.kind} of {self.of[0].words}"
        return "dynamic" if self.kind == "any" else self.kind


STRING = Type("string")
NUMBER = Type("number")
BOOL = Type("bool")
ANY = Type("any")
STRINGS = Type("list", (STRING,))
STRING_MAP = Type("map", (STRING,))


def convert(value: Any, wanted: Type) -> Any:
    """The value as one of that type. Raises HclError that says what is required."""
    if value is None or wanted.kind == "any":
        return value
    if wanted.kind == "string":
        return values.to_string(value)
    if wanted.kind == "number":
        return values.to_number(value)
    if wanted.kind == "bool":
        return values.to_bool(value)
    if wanted.kind in ("list", "set"):
        if not isinstance(value, list):
            raise HclError(f"{wanted.words} required")
        made = [_element(item, wanted.of[0], str(index)) for index, item in enumerate(value)]
        return values.Set.of(made) if wanted.kind == "set" else made
    if wanted.kind == "map":
        if not isinstance(value, dict):
            raise HclError(f"{wanted.words} required")
        return values.Mapped({key: _element(value[key], wanted.of[0], f'"{key}"') for key in sorted(value)})
    if wanted.kind == "tuple":
        if not isinstance(value, list) or len(value) != len(wanted.of):
            raise HclError(f"{wanted.words} required")
        return [_element(item, each, str(index)) for index, (item, each) in enumerate(zip(value, wanted.of))]
    if not isinstance(value, dict):
        raise HclError(f"{wanted.words} required")
    found = {}
    missing = [name for name in wanted.names if name not in value and name not in wanted.optional]
    if missing:
        if len(missing) == 1:
            raise HclError(f'attribute "{missing[0]}" is required')
        listed = ", ".join(f'"{name}"' for name in sorted(missing)[:-1]) + f' and "{sorted(missing)[-1]}"'
        raise HclError(f"attributes {listed} are required")
    for name, each in zip(wanted.names, wanted.of):
        try:
            found[name] = convert(value.get(name), each)
        except HclError as error:
            raise HclError(f'attribute "{name}": {error}') from None
    return found


def _element(value: Any, wanted: Type, at: str) -> Any:
    try:
        return convert(value, wanted)
    except HclError as error:
        raise HclError(f"element {at}: {error}") from None
