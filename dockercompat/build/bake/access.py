"""Parts of values as expressions reach for them: an attribute, an element, every item; the sentences are those of hashicorp/hcl."""

from __future__ import annotations

from fractions import Fraction

from dockercompat.build.bake import values
from dockercompat.build.bake.places import Range, fault
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def attribute(value: Any, name: str, at: Range) -> Any:
    """`value.name`. Raises BakeFailed."""
    if value is None:
        detail = "This value is null, so it does not have any attributes."
        raise fault(at, "Attempt to get attribute from null value", detail)
    if isinstance(value, values.Mapped):
        if name not in value:
            raise fault(at, "Missing map element", f'This map does not have an element with the key "{name}".')
        return value[name]
    if isinstance(value, dict):
        if name not in value:
            raise fault(at, "Unsupported attribute", f'This object does not have an attribute named "{name}".')
        return value[name]
    if isinstance(value, list):
        detail = "This value does not have any attributes."
    else:
        detail = f"Can't access attributes on a primitive-typed value ({values.type_name(value)})."
    raise fault(at, "Unsupported attribute", detail)


def index(value: Any, key: Any, at: Range) -> Any:
    """`value[key]`. Raises BakeFailed."""
    if value is None:
        raise fault(at, "Attempt to index null value", "This value is null, so it does not have any indices.")
    if key is None:
        raise fault(at, "Invalid index", "Can't use a null value as an indexing key.")
    lacking = "The given key does not identify an element in this collection value"
    try:
        if isinstance(value, list) and not isinstance(value, values.Set):
            number = values.to_number(key)
            if isinstance(number, float) or number.denominator != 1:
                more = "indexing a sequence requires a whole number, but the given index has a fractional part"
                raise fault(at, "Invalid index", f"{lacking}: {more}.")
            if number < 0:
                raise fault(at, "Invalid index", f"{lacking}: a negative number is not a valid index for a sequence.")
            if number >= len(value):
                raise fault(at, "Invalid index", f"{lacking}." if value else f"{lacking}: the collection has no elements.")
            return value[int(number)]
        if isinstance(value, dict):
            name = values.to_string(key)
            if name not in value:
                raise fault(at, "Invalid index", f"{lacking}.")
            return value[name]
    except HclError as error:
        raise fault(at, "Invalid index", f"{lacking}: {error}.") from None
    if isinstance(value, values.Set):
        detail = (
            "Elements of a set are identified only by their value and don't have any separate index or key to select with, so it's only "
            "possible to perform operations across all elements of the set."
        )
        raise fault(at, "Invalid index", detail)
    raise fault(at, "Invalid index", "This value does not have any indices.")


def iterate(source: Any, at: Range, where: str) -> Iterator[tuple[Any, Any]]:
    """Keys and items of a collection, those of an object by name. Raises BakeFailed."""
    if source is None:
        raise fault(at, "Iteration over null value", f"A null value cannot be used as the collection in a {where}.")
    if isinstance(source, values.Set):
        yield from ((item, item) for item in source)
    elif isinstance(source, list):
        yield from ((Fraction(number), item) for number, item in enumerate(source))
    elif isinstance(source, dict):
        yield from ((key, source[key]) for key in sorted(source))
    else:
        detail = f"A value of type {values.type_name(source)} cannot be used as the collection in a {where}."
        raise fault(at, "Iteration over non-iterable value", detail)
