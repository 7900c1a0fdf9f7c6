"""JSON by the interpreter's own scanner and encoder, without what the standard module loads around them (re, enum, collections: 6 ms).

The results are that module's. What is malformed or asked for in another form (hooks, indent) is handed to it, so its errors are too.
"""

from __future__ import annotations

from _json import encode_basestring, encode_basestring_ascii, make_encoder, make_scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, NoReturn

quoted = encode_basestring  # a text with its quotes, what is beyond ASCII as it is
_SPACE = " \t\n\r"
_CONSTANTS = {"-Infinity": float("-inf"), "Infinity": float("inf"), "NaN": float("nan")}


class _Decoding:
    """What the scanner asks its decoder for: the standard module's defaults."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = _CONSTANTS.__getitem__


_scan: Any = make_scanner(_Decoding)  # type: ignore[arg-type,unused-ignore]


def loads(text: str | bytes | bytearray, **how: Any) -> Any:
    """The value of a text; bytes are UTF-8, or what a mark or zeros at their beginning say. Raises ValueError (JSONDecodeError)."""
    try:
        if how:
            raise ValueError
        decoded = text if isinstance(text, str) else _decoded(text)
        decoded = decoded.strip(_SPACE)
        value, end = _scan(decoded, 0)
        if end == len(decoded):
            return value
    except (ValueError, StopIteration):
        pass
    import json

    return json.loads(text, **how)


def _decoded(raw: bytes | bytearray) -> str:
    if 0 in raw[:4] or raw[:1] in (b"\xef", b"\xfe", b"\xff"):
        raise ValueError
    return raw.decode("utf-8", "surrogatepass")


def load(file: IO[str] | IO[bytes], **how: Any) -> Any:
    """The value of a file's whole text."""
    return loads(file.read(), **how)


def dumps(
    value: object, *, ensure_ascii: bool = True, separators: tuple[str, str] | None = None, sort_keys: bool = False, **how: Any
) -> str:
    """The text of a value. Raises TypeError and ValueError as the standard module does."""
    if how:
        import json

        return json.dumps(value, ensure_ascii=ensure_ascii, sort_keys=sort_keys, separators=separators, **how)
    encode: Any = encode_basestring_ascii if ensure_ascii else encode_basestring
    if isinstance(value, str):
        return str(encode(value))
    item, key = separators or (", ", ": ")
    return "".join(make_encoder({}, _refuse, encode, None, key, item, sort_keys, False, True)(value, 0))


def dump(value: object, file: IO[str], **how: Any) -> None:
    """Write the text of a value."""
    file.write(dumps(value, **how))


def _refuse(value: object) -> NoReturn:
    raise TypeError(f"Object of type {value.__class__.__name__} is not JSON serializable")
