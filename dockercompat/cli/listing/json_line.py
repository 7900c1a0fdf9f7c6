"""One line of JSON as Go's encoder writes it with HTML escapes, which is how listings with `--format json` look."""

from __future__ import annotations

from json import JSONEncoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dump(document: Any) -> str:
    return _encode(document).translate(_ESCAPES)
