"""GET /images/search: Docker Hub's index."""

from __future__ import annotations

from dockercompat.distribution.failures import explain
from dockercompat.errors import InvalidParameter, Unavailable
from dockercompat.spec.filter import Filters, InvalidFilter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine

_URL = "https://index.docker.io/v1/search"
_FILTERS = ("is-automated", "is-official", "stars")
_LIMIT = 25


def search(engine: Engine, term: str, *, filters: Filters | None = None, limit: int = 0) -> list[dict[str, Any]]:
    """Repositories whose name or description fits, as the API's SearchResult. Raises InvalidFilter, InvalidParameter, Unavailable."""
    filters = filters or Filters()
    filters.check(_FILTERS)
    official = filters.boolean("is-official", False) if "is-official" in filters else None
    automated = filters.boolean("is-automated", False) if "is-automated" in filters else None
    stars = 0
    for text in filters.get("stars"):
        if not text.isdigit():
            raise InvalidFilter("stars", filters.get("stars"))
        stars = max(stars, int(text))
    if limit < 0 or limit > 100:
        raise InvalidParameter(f"limit {limit} is outside the range of [1, 100]")
    import requests

    try:
        response = requests.get(_URL, params={"q": term, "n": str(limit or _LIMIT)}, timeout=(10, 30))
        response.raise_for_status()
        results = response.json().get("results") or []
    except (requests.exceptions.RequestException, ValueError) as error:
        raise Unavailable(f'Get "{_URL}": {explain(error, _URL)}') from None
    return [
        each
        for each in results
        if (official is None or bool(each.get("is_official")) == official)
        and (automated is None or bool(each.get("is_automated")) == automated)
        and int(each.get("star_count") or 0) >= stars
    ]
