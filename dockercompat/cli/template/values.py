"""What templates work on: Python's JSON values seen through Go's types, so that they compare, fail and print as in docker.

A Value is a Go type and data. An absent value (Go's zero reflect.Value, printed `<no value>`) is None. Data is, by kind:
bool, int, uint, float, complex, string: Python's own; slice and array: list, None for nil; map and struct: dict, None for nil; ptr: what
it points to, None for nil; interface: None, a Value, or a plain JSON value whose dynamic type follows from it.
A struct may also be any object when its type has methods only.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Method = Callable[..., Any]


class FieldType:
    """A member of a struct.

    name      in templates
    key       in JSON
    embedded  its members are among those of the outer struct, and in the same dict
    optional  JSON leaves it out when it is empty
    """

    __slots__ = ("embedded", "key", "name", "optional", "type")

    def __init__(self, name: str, key: str, type_: Type, *, embedded: bool = False, optional: bool = False) -> None:
        self.name = name
        self.key = key
        self.type = type_
        self.embedded = embedded
        self.optional = optional


class Type:
    """A Go type.

    name     as Go prints it ("map[string]string", "*container.State")
    kind     bool, int, uint, float, complex, string, slice, array, map, struct, ptr, interface or func
    elem     of slice, array, map and ptr
    key      of map
    fields   of struct, in Go's order
    methods  name -> function(data, *arguments) for structs; parameters are strings
    text     String() of the type, which printing prefers to its structure
    """

    __slots__ = ("elem", "fields", "key", "kind", "methods", "name", "named", "text")

    def __init__(
        self,
        name: str,
        kind: str,
        elem: Type | None = None,
        key: Type | None = None,
        *,
        fields: tuple[FieldType, ...] = (),
        methods: Mapping[str, Method] | None = None,
        text: Callable[[Any], str] | None = None,
        named: bool = True,
    ) -> None:
        self.name = name
        self.kind = kind
        self.elem = elem
        self.key = key
        self.fields = fields
        self.methods = methods or {}
        self.text = text
        self.named = named

    def __str__(self) -> str:
        return self.name

    def field(self, name: str) -> tuple[FieldType, tuple[FieldType, ...]] | None:
        """The field of a struct, also of its embedded ones, with the embedded fields on the way."""
        for each in self.fields:
            if each.name == name:
                return each, ()
        for each in self.fields:
            if each.embedded:
                inner = each.type.elem if each.type.kind == "ptr" else each.type
                found = inner.field(name) if inner else None
                if found:
                    return found[0], (each, *found[1])
        return None

    def assignable(self, other: Type) -> bool:
        """A value of this type can be given where the other is wanted."""
        if other is ANY or other.kind == "interface" or self is other or self.name == other.name:
            return True
        return not (self.named and other.named) and self.kind == other.kind and _underlying(self) == _underlying(other)


def _underlying(type_: Type) -> str:
    if type_.kind in ("slice", "array"):
        return f"[]{type_.elem}"
    if type_.kind == "map":
        return f"map[{type_.key}]{type_.elem}"
    return type_.name


BOOL = Type("bool", "bool")
INT = Type("int", "int")
INT64 = Type("int64", "int")
INT32 = Type("int32", "int")
UINT8 = Type("uint8", "uint")
UINT64 = Type("uint64", "uint")
FLOAT64 = Type("float64", "float")
COMPLEX = Type("complex128", "complex")
STRING = Type("string", "string")
ANY = Type("interface {}", "interface", named=False)
REFLECT = Type("reflect.Value", "interface")
ANYS = Type("[]interface {}", "slice", ANY, named=False)
ANY_MAP = Type("map[string]interface {}", "map", ANY, STRING, named=False)
STRINGS = Type("[]string", "slice", STRING, named=False)

# JSON decoded with numbers kept as they were written (Go's json.Number, a string to every comparison and print)
NUMBER = Type("json.Number", "string")
RAW = Type("interface {}", "interface", named=False)
RAWS = Type("[]interface {}", "slice", RAW, named=False)
RAW_MAP = Type("map[string]interface {}", "map", RAW, STRING, named=False)


class Value:
    __slots__ = ("data", "type")

    def __init__(self, type_: Type, data: Any) -> None:
        self.type = type_
        self.data = data

    @property
    def kind(self) -> str:
        return self.type.kind

    def is_nil(self) -> bool:
        return self.data is None and self.type.kind in ("slice", "map", "ptr", "interface", "func")

    def sorted_keys(self) -> list[Any]:
        """Of a map, in the order in which templates and printing visit them."""
        return sorted(self.data or ())

    def items(self) -> list[Value]:
        elem = self.type.elem or ANY
        return [at_type(elem, each) for each in self.data or ()]

    def __getitem__(self, key: Any) -> Value:
        return at_type(self.type.elem or ANY, self.data[key])

    def get_field(self, field: FieldType) -> Value:
        data = self.data
        if not field.embedded:
            return at_type(field.type, data.get(field.key))
        inner = field.type.elem if field.type.kind == "ptr" and field.type.elem is not None else field.type
        keys = set(_keys(inner))
        return at_type(field.type, {key: member for key, member in data.items() if key in keys})


def _keys(struct: Type) -> list[str]:
    """The JSON keys of a struct with those of its embedded structs."""
    found: list[str] = []
    for field in struct.fields:
        found += _keys(field.type.elem or field.type) if field.embedded else [field.key]
    return found


def at_type(type_: Type, data: Any) -> Value:
    """Data as a value of the type; None becomes the type's zero value."""
    if isinstance(data, Value):
        return data if data.type is type_ or type_.kind != "interface" else Value(type_, data)
    if data is None:
        return zero(type_)
    return Value(type_, data)


_ZEROS = {"bool": False, "int": 0, "uint": 0, "float": 0.0, "complex": 0j, "string": ""}


def zero(type_: Type) -> Value:
    if type_.kind == "struct":
        return Value(type_, {})
    if type_.kind == "array":
        return Value(type_, [None] * int(type_.name[1 : type_.name.index("]")]))
    return Value(type_, _ZEROS.get(type_.kind))


def indirect(value: Value | None) -> tuple[Value | None, bool]:
    """Follow pointers and interfaces; True with the last one when it is nil."""
    while value is not None and value.type.kind in ("ptr", "interface"):
        if value.data is None:
            return value, True
        value = inner(value)
    return value, False


def inner(value: Value) -> Value:
    """What a pointer or an interface that is not nil holds."""
    if value.type.kind == "ptr":
        return Value(value.type.elem or ANY, value.data)
    if isinstance(value.data, Value):
        return value.data
    return dynamic(value.data, raw=value.type is RAW)


def open_interface(value: Value | None) -> Value | None:
    if value is None or value.type.kind != "interface":
        return value
    return None if value.data is None else inner(value)


def dynamic(data: Any, *, raw: bool = False) -> Value:
    """A JSON value as Go's decoder types it; raw keeps numbers as json.Number."""
    if isinstance(data, str):
        return Value(STRING, data)
    if isinstance(data, bool):
        return Value(BOOL, data)
    if isinstance(data, (int, float)):
        return Value(NUMBER, _number_text(data)) if raw else Value(FLOAT64, float(data))
    if isinstance(data, dict):
        return Value(RAW_MAP if raw else ANY_MAP, data)
    return Value(RAWS if raw else ANYS, list(data))


def raw_value(data: Any) -> Value:
    """The value of inspect's second attempt: a JSON document without Go types, its numbers as written."""
    return dynamic(data, raw=True) if data is not None else Value(RAW, None)


def _number_text(number: int | float) -> str:
    return repr(number)


def pointer_to(type_: Type) -> Type:
    return Type(f"*{type_.name}", "ptr", type_, named=False)


def is_true(value: Value | None) -> tuple[bool, bool]:
    """Go's truth of a value, and whether it has one at all."""
    value = open_interface(value) if value is not None and value.type.kind == "interface" else value
    if value is None:
        return False, True
    kind = value.type.kind
    if kind in ("slice", "array", "map", "string"):
        return bool(value.data), True
    if kind in ("bool", "int", "uint", "float", "complex"):
        return bool(value.data), True
    if kind in ("ptr", "func"):
        return value.data is not None, True
    return True, kind == "struct"
