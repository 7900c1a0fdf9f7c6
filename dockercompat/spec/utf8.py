"""Words that are no UTF-8, as docker's engine gets them: JSON can't carry such a byte, Go writes U+FFFD in its place."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def valid(value: Any) -> Any:
    """A JSON value whose texts, keys too, can be encoded: each byte that Python keeps as a surrogate is U+FFFD."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in value)
        return value
    if isinstance(value, dict):
        return {valid(key): valid(member) for key, member in value.items()}
    if isinstance(value, list):
        return [valid(member) for member in value]
    if isinstance(value, tuple):
        return tuple(valid(member) for member in value)
    return value
