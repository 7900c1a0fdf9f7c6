"""One line of JSON as Go's encoder writes it with HTML escapes, which is how listings with `--format json` look."""

from __future__ import annotations

from dockercompat import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def dump(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
