"""`network ls`: all networks that fit the filters, in the shape of GET /networks."""

from __future__ import annotations

from dockercompat.engine.network import store
from dockercompat.engine.network.inspect import document_of
from dockercompat.errors import DockerError, InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Documents = list[dict[str, Any]]

    from dockercompat.engine.engine import Engine
    from dockercompat.spec.filter import Filters

_FILTERS = ("dangling", "driver", "id", "label", "name", "scope", "type")


def list(engine: Engine, filters: Filters) -> Documents:
    """All networks that fit, oldest first."""
    filters.check(_FILTERS)
    for kind in filters.get("type"):
        if kind not in ("custom", "builtin"):
            raise DockerError(f"invalid filter: 'type'='{kind}'")
    dangling = _dangling(filters)
    return [
        {**document, "Containers": {}}
        for document in (document_of(row) for row in store.all_rows(engine))
        if _fits(document, filters, dangling=dangling)
    ]


def _dangling(filters: Filters) -> bool | None:
    given = filters.get("dangling")
    if len(given) > 1:
        raise InvalidParameter('got more than one value for filter key "dangling"')
    if given and given[0] not in ("true", "1", "false", "0"):
        raise InvalidParameter("""invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")""")
    return given[0] in ("true", "1") if given else None


def _fits(document: dict[str, Any], filters: Filters, *, dangling: bool | None) -> bool:
    """dangling fits every network but the predefined ones: docker's list does not look who uses them."""
    predefined = document["Name"] in store.PREDEFINED
    if dangling is not None and dangling == predefined:
        return False
    return (
        filters.exact("driver", document["Driver"])
        and filters.prefix("id", document["Id"])
        and filters.regex("name", document["Name"])
        and filters.exact("scope", document["Scope"])
        and filters.exact("type", "builtin" if predefined else "custom")
        and filters.labels(document["Labels"])
    )
