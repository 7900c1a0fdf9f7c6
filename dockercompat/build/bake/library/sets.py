"""Functions on sets."""

from __future__ import annotations

import itertools

from dockercompat.build.bake import values
from dockercompat.build.bake.functions import Table, declare
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TABLE: Table = {}


def _unified(*given: list[Any]) -> list[list[Any]]:
    return values.unified(list(given))


def _in(item: Any, items: list[Any]) -> bool:
    return any(values.equal(item, other) for other in items)


@declare(TABLE, "sethaselement", "set:set", "elem:any")
def _sethaselement(items: list[Any], value: Any) -> bool:
    return _in(value, items)


@declare(TABLE, "setunion", "first_set:set", "*other_sets:set")
def _setunion(*given: list[Any]) -> Any:
    return values.Set.of([item for items in _unified(*given) for item in items])


@declare(TABLE, "setintersection", "first_set:set", "*other_sets:set")
def _setintersection(*given: list[Any]) -> Any:
    first, *others = _unified(*given)
    return values.Set.of([item for item in first if all(_in(item, other) for other in others)])


@declare(TABLE, "setsubtract", "a:set", "b:set")
def _setsubtract(left: list[Any], right: list[Any]) -> Any:
    left, right = _unified(left, right)
    return values.Set.of([item for item in left if not _in(item, right)])


@declare(TABLE, "setsymmetricdifference", "first_set:set", "*other_sets:set")
def _setsymmetricdifference(*given: list[Any]) -> Any:
    made, *others = _unified(*given)
    for other in others:
        made = [item for item in made if not _in(item, other)] + [item for item in other if not _in(item, made)]
    return values.Set.of(made)


@declare(TABLE, "setproduct", "*sets:any")
def _setproduct(*given: Any) -> Any:
    if len(given) < 2:
        raise HclError("at least two arguments are required")
    for number, items in enumerate(given):
        if not isinstance(items, list):
            raise HclError("a set or a list is required", number)
    made = [list(item) for item in itertools.product(*given)]
    return values.Set.of(made) if all(isinstance(items, values.Set) for items in given) else made
