"""GET /images/search: Docker Hub's index."""

from __future__ import annotations

from dockercompat.distribution.failures import explain
from dockercompat.errors import InvalidParameter, Unavailable
from dockercompat.spec.filter import Filters
from dockercompat.spec.number import parse_int

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
        try:
            stars = max(stars, parse_int(text, function="Atoi"))
        except InvalidParameter as error:
            raise InvalidParameter(f"invalid filter 'stars={text}': {error}") from None
    if limit > 100:
        raise InvalidParameter(f"limit {limit} is outside the range of [1, 100]")
    from urllib.parse import quote_plus

    import requests

    url = f"{_URL}?q={quote_plus(term)}&n={limit if limit > 0 else _LIMIT}"

    try:
        response = requests.get(url, timeout=(10, 30))
        response.raise_for_status()
        results = response.json().get("results") or []
    except (requests.exceptions.RequestException, ValueError) as error:
        raise Unavailable(f'Get "{url}": {explain(error, _URL)}') from None
    return [
        each
        for each in results
        if (official is None or bool(each.get("is_official")) == official)
        and (automated is None or bool(each.get("is_automated")) == automated)
        and int(each.get("star_count") or 0) >= stars
    ]
