"""SQLite's own module without what Python's library has around it, which is 5 ms of every command.

The package sqlite3 adds dates. _sqlite3 itself asks for functools.lru_cache, in which it keeps prepared statements, and functools
brings six more modules: here it is given the cache that functools wraps.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    _lru_cache_wrapper: Callable[..., Any]
else:
    from _functools import _lru_cache_wrapper


class _Functools:
    @staticmethod
    def lru_cache(size: int) -> Callable[[Callable[..., Any]], Any]:
        return lambda function: _lru_cache_wrapper(function, size, False, tuple)


def _load() -> ModuleType:
    if "functools" not in sys.modules:
        sys.modules["functools"] = _Functools  # type: ignore[assignment]
        try:
            import _sqlite3
        finally:
            del sys.modules["functools"]
    import _sqlite3

    return _sqlite3


sqlite3 = _load()
