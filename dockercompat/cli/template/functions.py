"""The functions of templates: text/template's own, and those that docker adds."""

from __future__ import annotations

from dockercompat.cli.template.errors import CallError, NotAFunction
from dockercompat.cli.template.json_text import encode
from dockercompat.cli.template.printing import sprint, sprintf, sprintln
from dockercompat.cli.template.values import (
    ANY,
    BOOL,
    INT,
    REFLECT,
    STRING,
    STRINGS,
    UINT8,
    Type,
    Value,
    indirect,
    is_true,
    open_interface,
    zero,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Function:
    """call      takes the values of the parameters; raises CallError
    variadic  the last parameter may be given any number of times
    """

    __slots__ = ("call", "parameters", "variadic")

    def __init__(self, call: Callable[..., Value | None], parameters: tuple[Type, ...], variadic: bool = False) -> None:
        self.call = call
        self.parameters = parameters
        self.variadic = variadic


def _basic_kind(value: Value | None) -> str:
    if value is None:
        return ""
    kind = value.type.kind
    return kind if kind in ("bool", "int", "uint", "float", "complex", "string") else ""


def _eq(first: Value | None, *others: Value | None) -> Value:
    first = open_interface(first)
    if not others:
        raise CallError("missing argument for comparison")
    kind = _basic_kind(first)
    for other in others:
        other = open_interface(other)
        other_kind = _basic_kind(other)
        if kind != other_kind:
            if {kind, other_kind} == {"int", "uint"}:
                same = first is not None and other is not None and first.data == other.data
            elif first is not None and other is not None:
                raise CallError("incompatible types for comparison")
            else:
                same = False
        elif kind:
            same = first is not None and other is not None and first.data == other.data
        else:
            same = _equal_others(first, other)
        if same:
            return Value(BOOL, True)
    return Value(BOOL, False)


_INCOMPARABLE = ("slice", "map", "func")


def _equal_others(first: Value | None, other: Value | None) -> bool:
    for each in (first, other):
        if each is not None and each.type.kind in _INCOMPARABLE and first is not None and other is not None:
            if first.type.kind != other.type.kind:
                message = f"non-comparable types %s: {first.type}, {other.type}: %s"
                raise CallError(sprintf(message, [first, other]))
            if not (first.is_nil() or other.is_nil()):
                raise CallError(sprintf(f"non-comparable type %s: {other.type}", [other]))
    first_nil = first is None or first.is_nil()
    other_nil = other is None or other.is_nil()
    if first_nil or other_nil:
        return first_nil == other_nil
    assert first is not None and other is not None
    return first.type.name == other.type.name and bool(first.data == other.data)


def _ne(first: Value | None, other: Value | None) -> Value:
    return Value(BOOL, not _eq(first, other).data)


def _less(first: Value | None, other: Value | None) -> bool:
    first, other = open_interface(first), open_interface(other)
    kind, other_kind = _basic_kind(first), _basic_kind(other)
    if not kind or not other_kind:
        raise CallError("invalid type for comparison")
    assert first is not None and other is not None
    if kind != other_kind and {kind, other_kind} != {"int", "uint"}:
        raise CallError("incompatible types for comparison")
    if kind in ("bool", "complex"):
        raise CallError("invalid type for comparison")
    return bool(first.data < other.data)


def _lt(first: Value | None, other: Value | None) -> Value:
    return Value(BOOL, _less(first, other))


def _le(first: Value | None, other: Value | None) -> Value:
    return Value(BOOL, _less(first, other) or bool(_eq(first, other).data))


def _gt(first: Value | None, other: Value | None) -> Value:
    return Value(BOOL, not _le(first, other).data)


def _ge(first: Value | None, other: Value | None) -> Value:
    return Value(BOOL, not _less(first, other))


def _not(value: Value | None) -> Value:
    return Value(BOOL, not is_true(value)[0])


def _text_bytes(value: Value) -> bytes:
    return str(value.data).encode("utf-8", "surrogateescape")


def _len(value: Value | None) -> Value:
    value, nil = indirect(value)
    if nil:
        raise CallError("len of nil pointer")
    if value is None:
        raise CallError("reflect: call of reflect.Value.Type on zero Value")
    if value.type.kind == "string":
        return Value(INT, len(_text_bytes(value)))
    if value.type.kind in ("slice", "array", "map"):
        return Value(INT, len(value.data or ()))
    raise CallError(f"len of type {value.type}")


def _position(index: Value | None, limit: int) -> int:
    if index is None:
        raise CallError("cannot index slice/array with nil")
    if index.type.kind not in ("int", "uint"):
        raise CallError(f"cannot index slice/array with type {index.type}")
    number = int(index.data)
    if number < 0 or number > limit:
        raise CallError(f"index out of range: {number}")
    return number


def _inside(index: Value | None, length: int, kind: str) -> int:
    position = _position(open_interface(index), length)
    if position == length:
        raise CallError(f"reflect: {kind} index out of range")
    return position


def _map_key(index: Value | None, wanted: Type) -> object:
    index = open_interface(index)
    if index is None:
        raise CallError(f"value is nil; should be of type {wanted}")
    if not index.type.assignable(wanted):
        raise CallError(f"value has type {index.type}; should be {wanted}")
    return index.data


def _index(item: Value | None, *indexes: Value | None) -> Value:
    item = open_interface(item)
    if item is None:
        raise CallError("index of untyped nil")
    for index in indexes:
        opened, nil = indirect(item)
        if nil or opened is None:
            raise CallError("index of nil pointer")
        item = opened
        kind = item.type.kind
        if kind == "string":
            data = _text_bytes(item)
            item = Value(UINT8, data[_inside(index, len(data), kind)])
        elif kind in ("slice", "array"):
            item = item[_inside(index, len(item.data or ()), kind)]
        elif kind == "map":
            key = _map_key(index, item.type.key or STRING)
            item = item[key] if item.data is not None and key in item.data else zero(item.type.elem or ANY)
        else:
            raise CallError(f"can't index item of type {item.type}")
    return item


def _slice(item: Value | None, *indexes: Value | None) -> Value:
    item = open_interface(item)
    if item is None:
        raise CallError("slice of untyped nil")
    if len(indexes) > 3:
        raise CallError(f"too many slice indexes: {len(indexes)}")
    kind = item.type.kind
    if kind not in ("string", "slice", "array"):
        raise CallError(f"can't slice item of type {item.type}")
    if kind == "string" and len(indexes) == 3:
        raise CallError("cannot 3-index slice a string")
    whole: bytes | list[object] = _text_bytes(item) if kind == "string" else list(item.data or ())
    bounds = [_position(each, len(whole)) for each in indexes]
    for at in range(1, len(bounds)):
        if bounds[at - 1] > bounds[at]:
            raise CallError(f"invalid slice index: {bounds[at - 1]} > {bounds[at]}")
    part = whole[bounds[0] if bounds else 0 : bounds[1] if len(bounds) > 1 else len(whole)]
    if isinstance(part, bytes):
        return Value(item.type, part.decode("utf-8", "surrogateescape"))
    return Value(item.type, part)


def _call(function: Value | None, *_arguments: Value | None) -> Value:
    function = open_interface(function)
    if function is None:
        raise CallError("call of nil")
    raise NotAFunction(str(function.data) if function.type.kind == "string" else f"<{function.type} Value>", function.type.name)


_ABSENT = Value(STRING, "<no value>")


def _joined(values: tuple[Value | None, ...]) -> str:
    if len(values) == 1:
        only = open_interface(values[0])
        if only is not None and only.type is STRING:
            return str(only.data)
    return sprint([_ABSENT if open_interface(value) is None else indirect(value)[0] for value in values])


_HTML = str.maketrans({"\x00": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"})


def _html(*values: Value | None) -> Value:
    return Value(STRING, _joined(values).translate(_HTML))


_JS = {"\\": "\\\\", "'": "\\'", '"': '\\"', "<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "=": "\\u003D"}


def _js(*values: Value | None) -> Value:
    out = []
    for sign in _joined(values):
        if sign in _JS:
            out.append(_JS[sign])
        elif sign < " " or (not sign.isascii() and not sign.isprintable()):
            out.append(f"\\u{ord(sign):04X}")
        else:
            out.append(sign)
    return Value(STRING, "".join(out))


_URL_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~")


def _urlquery(*values: Value | None) -> Value:
    data = _joined(values).encode("utf-8", "surrogateescape")
    return Value(STRING, "".join(chr(b) if b in _URL_SAFE else "+" if b == 0x20 else f"%{b:02X}" for b in data))


def _string(text: str) -> Value:
    return Value(STRING, text)


def _title(text: Value) -> Value:
    out = []
    previous = " "
    for sign in str(text.data):
        title = sign.title()
        out.append(title if _separates(previous) and len(title) == 1 else sign)
        previous = sign
    return _string("".join(out))


def _lower(text: str) -> str:
    """Sign by sign, as Go does it: no rules for whole words, and nothing gets longer."""
    return text.lower() if text.isascii() else "".join(c.lower()[:1] for c in text)


def _upper(text: str) -> str:
    return text.upper() if text.isascii() else "".join(c if len(c.upper()) > 1 else c.upper() for c in text)


def _separates(sign: str) -> bool:
    if sign.isascii():
        return not (sign.isalnum() or sign == "_")
    return not (sign.isalpha() or sign.isdigit()) and sign.isspace()


def _split(text: Value, separator: Value) -> Value:
    whole, mark = str(text.data), str(separator.data)
    return Value(STRINGS, whole.split(mark) if mark else list(whole))


def _join(parts: Value, separator: Value) -> Value:
    return _string(str(separator.data).join(str(v.data) for v in parts.items()))


def _pad(text: Value, before: Value, after: Value) -> Value:
    source = str(text.data)
    if before.data < 0 or after.data < 0:
        raise CallError("strings: negative Repeat count")
    if not source:
        return text
    try:
        return _string(" " * before.data + source + " " * after.data)
    except (MemoryError, OverflowError):
        raise CallError("runtime error: makeslice: len out of range") from None


def _truncate(text: Value, length: Value) -> Value:
    data = _text_bytes(text)
    if len(data) < length.data:
        return text
    if length.data < 0:
        raise CallError(f"runtime error: slice bounds out of range [:{length.data}]")
    return _string(data[: length.data].decode("utf-8", "surrogateescape"))


BUILTIN: dict[str, Function] = {
    "and": Function(lambda *_: None, (REFLECT, REFLECT), True),
    "or": Function(lambda *_: None, (REFLECT, REFLECT), True),
    "call": Function(_call, (REFLECT, REFLECT), True),
    "html": Function(_html, (ANY,), True),
    "index": Function(_index, (REFLECT, REFLECT), True),
    "js": Function(_js, (ANY,), True),
    "len": Function(_len, (REFLECT,)),
    "not": Function(_not, (REFLECT,)),
    "print": Function(lambda *values: _string(sprint(values)), (ANY,), True),
    "printf": Function(lambda form, *values: _string(sprintf(form.data, values)), (STRING, ANY), True),
    "println": Function(lambda *values: _string(sprintln(values)), (ANY,), True),
    "slice": Function(_slice, (REFLECT, REFLECT), True),
    "urlquery": Function(_urlquery, (ANY,), True),
    "eq": Function(_eq, (REFLECT, REFLECT), True),
    "ge": Function(_ge, (REFLECT, REFLECT)),
    "gt": Function(_gt, (REFLECT, REFLECT)),
    "le": Function(_le, (REFLECT, REFLECT)),
    "lt": Function(_lt, (REFLECT, REFLECT)),
    "ne": Function(_ne, (REFLECT, REFLECT)),
}

DOCKER: dict[str, Function] = {
    **BUILTIN,
    "json": Function(lambda value: _string(encode(value)), (ANY,)),
    "split": Function(_split, (STRING, STRING)),
    "join": Function(_join, (STRINGS, STRING)),
    "title": Function(_title, (STRING,)),
    "lower": Function(lambda text: _string(_lower(text.data)), (STRING,)),
    "upper": Function(lambda text: _string(_upper(text.data)), (STRING,)),
    "pad": Function(_pad, (STRING, INT, INT)),
    "truncate": Function(_truncate, (STRING, INT)),
}

# For the heading of a table the same template is executed on the titles, which these leave alone.
HEADING: dict[str, Function] = {
    **DOCKER,
    "json": Function(lambda text: text, (STRING,)),
    "split": Function(lambda text, _: text, (STRING, STRING)),
    "join": Function(lambda text, _: text, (STRING, STRING)),
    "title": Function(lambda text: text, (STRING,)),
    "lower": Function(lambda text: text, (STRING,)),
    "upper": Function(lambda text: text, (STRING,)),
    "truncate": Function(lambda text, _: text, (STRING, INT)),
}
