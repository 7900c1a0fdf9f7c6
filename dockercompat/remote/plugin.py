"""/plugins of another engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.remote.client import filters_text

if TYPE_CHECKING:
    from builtins import list as _list
    from typing import Any

    from dockercompat.remote.client import Remote
    from dockercompat.spec.filter import Filters


def list(engine: Remote, filters: Filters | None = None) -> _list[dict[str, Any]]:
    return engine.get("/plugins", filters=filters_text(filters)) or []
