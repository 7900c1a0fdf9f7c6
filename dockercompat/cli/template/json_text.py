"""JSON as Go's encoder spells it without HTML escapes: `{{json .}}`, the indented documents of inspect, lines of listings."""

from __future__ import annotations

from dockercompat.cli.template.errors import CallError
from dockercompat.cli.template.floats import go_float
from dockercompat.cli.template.values import FieldType, Type, Value, at_type, inner
from dockercompat.json import quoted as _c_quoted
from dockercompat.spec.clock import ZERO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def string(text: str) -> str:
    quoted = _c_quoted(text)
    if text.isascii():
        return quoted
    if "\u2028" in quoted or "\u2029" in quoted:
        quoted = quoted.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    try:
        quoted.encode()
    except UnicodeEncodeError:
        return "".join("\\ufffd" if "\ud800" <= c <= "\udfff" else c for c in quoted)
    return quoted


def encode(value: Value | None) -> str:
    """A template value: maps sorted by key, structs in Go's order, what Go doesn't know after it."""
    if value is None:
        return "null"
    kind = value.type.kind
    if value.data is None:
        return "null"
    if kind in ("ptr", "interface"):
        return encode(inner(value))
    if kind == "string":
        return str(value.data) if value.type.name == "json.Number" else string(str(value.data))
    if kind == "map":
        return "{" + ",".join(f"{string(str(k))}:{encode(value[k])}" for k in value.sorted_keys()) + "}"
    if kind in ("slice", "array"):
        return "[" + ",".join(encode(v) for v in value.items()) + "]"
    if kind == "struct":
        return _encode_struct(value)
    if kind == "complex":
        raise CallError("json: unsupported type: complex128")
    return plain(value.data)


def _encode_struct(value: Value) -> str:
    methods = value.type.methods
    if methods:
        # Rows of listings encode themselves, and that encoder escapes HTML.
        columns = {name: methods[name](value.data) for name in sorted(methods) if methods[name].__code__.co_argcount == 1}
        return escape_html(plain(columns))
    data = value.data
    if value.type.name == "command.DockerContext":  # it encodes itself, with an encoder that escapes HTML
        return escape_html(plain({key: data[key] for key in sorted(data) if data[key]}))
    if value.type.name == "time.Time":
        return string(data or ZERO)
    if value.type.name == "registry.ServiceConfig":  # it encodes itself by way of a map
        return plain(_sorted(data))
    parts = []
    known = set()
    for field in _flat(value.type):
        known.add(field.key)
        member = data.get(field.key)
        if not (field.optional and _is_empty(field.type, member)):
            parts.append(f"{string(field.key)}:{encode(at_type(field.type, member))}")
    parts.extend(f"{string(key)}:{plain(each)}" for key, each in data.items() if key not in known)
    return "{" + ",".join(parts) + "}"


def _sorted(data: Any) -> Any:
    return {key: _sorted(data[key]) for key in sorted(data)} if isinstance(data, dict) else data


def _is_empty(type_: Type, data: Any) -> bool:
    """Go's omitempty: zero, nil and what has no elements; never a struct, and a pointer only when it is nil."""
    return data is None if type_.kind == "ptr" else not data and type_.kind != "struct"


def escape_html(text: str) -> str:
    """Go's default encoder writes these signs, which JSON has in strings alone, as escapes."""
    return text.translate(_HTML)


_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def _flat(type_: Type) -> list[FieldType]:
    """The members of a struct as its JSON has them: those of embedded structs among its own."""
    fields: list[FieldType] = []
    for field in type_.fields:
        if field.embedded and field.type.elem is not None:
            fields.extend(_flat(field.type.elem))
        elif field.embedded:
            fields.extend(_flat(field.type))
        else:
            fields.append(field)
    return fields


def plain(data: Any, indent: str = "", step: str = "") -> str:
    """A plain JSON value in the order it has.

    step    what each level is indented by, "" for one line
    indent  what the lines after the first already begin with
    """
    kind = type(data)
    if kind is str:
        return string(data)
    if kind is bool:
        return "true" if data else "false"
    if data is None:
        return "null"
    if kind is int:
        return str(data)
    if kind is dict:
        if not data:
            return "{}"
        if not step:
            return "{" + ",".join([f"{string(k)}:{plain(v)}" for k, v in data.items()]) + "}"
        deeper = indent + step
        members = f",\n{deeper}".join([f"{string(k)}: {plain(v, deeper, step)}" for k, v in data.items()])
        return f"{{\n{deeper}{members}\n{indent}}}"
    if kind is float:
        return _number(data)
    if kind is Value:
        return encode(data)
    if isinstance(data, str):
        return string(data)
    if not data:
        return "[]"
    if not step:
        return "[" + ",".join([plain(v) for v in data]) + "]"
    deeper = indent + step
    items = f",\n{deeper}".join([plain(v, deeper, step) for v in data])
    return f"[\n{deeper}{items}\n{indent}]"


def _number(number: float) -> str:
    size = abs(number)
    if size and (size < 1e-6 or size >= 1e21):
        text = go_float(number, "e")
        return text[:-2] + text[-1] if text[-4:-1] == "e-0" else text
    return go_float(number, "f")
