"""Functions on lists and objects."""

from __future__ import annotations

from fractions import Fraction

from dockercompat.build.bake import values
from dockercompat.build.bake.functions import Table, declare, is_sequence
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TABLE: Table = {}


@declare(TABLE, "length", "collection:any")
def _length(collection: Any) -> Any:
    if not isinstance(collection, list | values.Mapped):
        raise HclError("collection must be a list, a map or a tuple")
    return Fraction(len(collection))


@declare(TABLE, "coalesce", "*vals?:any")
def _coalesce(*given: Any) -> Any:
    present = [value for value in given if value is not None]
    if not given:
        raise HclError("all arguments must have the same type")
    if not present:
        raise HclError("no non-null arguments")
    return values.unified([present])[0][0]


@declare(TABLE, "coalescelist", "*vals?:any")
def _coalescelist(*given: Any) -> Any:
    if not given:
        raise HclError("at least one argument is required")
    for value in given:
        if value is not None and not is_sequence(value):
            raise HclError("coalescelist arguments must be lists or tuples")
    for value in given:
        if value:
            return value
    raise HclError("no non-null arguments")


@declare(TABLE, "compact", "list:strings")
def _compact(items: list[Any]) -> Any:
    return [item for item in items if item]


@declare(TABLE, "concat", "*seqs:any")
def _concat(*given: Any) -> Any:
    if not given:
        raise HclError("at least one argument is required")
    for number, value in enumerate(given):
        if not is_sequence(value):
            raise HclError("all arguments must be lists or tuples; got " + values.type_name(value), number)
    return [item for value in given for item in value]


@declare(TABLE, "contains", "list:any", "value?:any")
def _contains(items: Any, value: Any) -> bool:
    if not isinstance(items, list):
        raise HclError("argument must be list, tuple, or set")
    return any(values.equal(item, value) for item in items)


@declare(TABLE, "distinct", "list:list")
def _distinct(items: list[Any]) -> Any:
    found: list[Any] = []
    for item in items:
        if not any(values.equal(item, kept) for kept in found):
            found.append(item)
    return found


@declare(TABLE, "chunklist", "list:list", "size:number")
def _chunklist(items: list[Any], size: Any) -> Any:
    count = values.whole(size)
    if count < 0:
        raise HclError("the size argument must be positive")
    if count == 0:
        return [items] if items else []
    return [items[at : at + count] for at in range(0, len(items), count)]


@declare(TABLE, "element", "list:any", "index:number")
def _element(items: Any, at: Any) -> Any:
    if not is_sequence(items):
        raise HclError("cannot read elements from " + values.type_name(items), 0)
    number = values.whole(at)
    if number < 0:
        raise HclError("cannot use element function with a negative index")
    if not items:
        raise HclError("cannot use element function with an empty list")
    return items[number % len(items)]


@declare(TABLE, "flatten", "list:any")
def _flatten(items: Any) -> Any:
    if not isinstance(items, list):
        raise HclError("can only flatten lists, sets and tuples")
    found: list[Any] = []
    for item in items:
        found += _flatten(item) if isinstance(item, list) else [item]
    return found


@declare(TABLE, "hasindex", "collection:any", "key:any")
def _hasindex(collection: Any, key: Any) -> bool:
    if is_sequence(collection):
        return values.is_number(key) and key == int(key) and 0 <= key < len(collection)
    if isinstance(collection, values.Mapped):
        return isinstance(key, str) and key in collection
    raise HclError("collection must be a list, a map or a tuple")


@declare(TABLE, "index", "collection:any", "key:any")
def _index(collection: Any, key: Any) -> Any:
    if is_sequence(collection):
        if not values.is_number(key):
            raise HclError("key for tuple must be number", 1)
        if not _hasindex(collection, key):
            raise HclError(f"key must be between 0 and {len(collection)} inclusive")
        return collection[int(key)]
    if isinstance(collection, values.Mapped):
        if not isinstance(key, str):
            raise HclError("key for map must be string", 1)
        if key not in collection:
            raise HclError("invalid index")
        return collection[key]
    raise HclError("collection must be a list, a map or a tuple")


@declare(TABLE, "indexof", "list:any", "value:any")
def _indexof(items: Any, value: Any) -> Any:
    if not is_sequence(items):
        raise HclError("argument must be a list or tuple")
    if not items:
        raise HclError("cannot search an empty list")
    for number, item in enumerate(items):
        if values.equal(item, value):
            return Fraction(number)
    raise HclError("item not found")


@declare(TABLE, "keys", "inputMap:any")
def _keys(collection: Any) -> Any:
    if not isinstance(collection, dict):
        raise HclError("must have map or object type", 0)
    return sorted(collection)


@declare(TABLE, "values", "mapping:any")
def _values(collection: Any) -> Any:
    if not isinstance(collection, dict):
        raise HclError("values() requires a map as the first argument")
    return [collection[key] for key in sorted(collection)]


@declare(TABLE, "lookup", "inputMap:any", "key:string", "default?:any")
def _lookup(collection: Any, key: str, default: Any) -> Any:
    if not isinstance(collection, dict):
        raise HclError("lookup() requires a map as the first argument", 0)
    return collection.get(key, default)


@declare(TABLE, "merge", "*maps?:any")
def _merge(*given: Any) -> Any:
    made: dict[str, Any] = {}
    for value in given:
        if value is None:
            continue
        if not isinstance(value, dict):
            raise HclError("arguments must be maps or objects, got " + f'"{values.type_name(value)}"')
        made.update(value)
    return made


@declare(TABLE, "range", "*params:number")
def _range(*given: Any) -> Any:
    if not 1 <= len(given) <= 3:
        raise HclError("must have one, two, or three arguments")
    start, end = (Fraction(0), given[0]) if len(given) == 1 else given[:2]
    step = given[2] if len(given) == 3 else Fraction(1 if start <= end else -1)
    if end < start and step > 0:
        raise HclError("end must be greater than start when step is positive", 1)
    if end > start and step < 0:
        raise HclError("end must be less than start when step is negative", 1)
    found = []
    while (start < end) if step >= 0 else (start > end):
        found.append(start)
        if len(found) > 1024:
            more = "either decrease the difference between start and end or use a smaller step"
            raise HclError(f"more than 1024 values were generated; {more}")
        start = start + step
    return found


@declare(TABLE, "reverselist", "list:any")
def _reverselist(items: Any) -> Any:
    if not isinstance(items, list):
        raise HclError("can only reverse list or tuple values, not " + values.type_name(items), 0)
    return list(reversed(items))


@declare(TABLE, "slice", "list:any", "start_index:number", "end_index:number")
def _slice(items: Any, start: Any, end: Any) -> Any:
    if not is_sequence(items):
        raise HclError("must be a list or tuple value", 0)
    first, last = values.whole(start), values.whole(end)
    if first < 0:
        raise HclError("start index must not be less than zero", 1)
    if last < 0:
        raise HclError("end index must not be less than zero", 2)
    if last > len(items):
        raise HclError("end index must not be greater than the length of the list", 2)
    if first > last:
        raise HclError("start index must not be greater than end index", 1)
    return items[first:last]


@declare(TABLE, "zipmap", "keys:strings", "values:any")
def _zipmap(keys: list[Any], given: Any) -> Any:
    if not is_sequence(given):
        raise HclError("values argument must be a list or tuple value", 1)
    if len(keys) != len(given):
        raise HclError(f"number of keys ({len(keys)}) does not match number of values ({len(given)})")
    return dict(zip(keys, given))
