"""GET /images/search: an index's answer to a word, Docker Hub's or that of a registry named before it."""

from __future__ import annotations

from dockercompat.distribution.connection import Connection
from dockercompat.distribution.credentials import CredentialStore, key_of
from dockercompat.distribution.failures import body
from dockercompat.errors import DockerError, InvalidParameter, Unavailable
from dockercompat.spec.filter import Filters
from dockercompat.spec.number import parse_int

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.engine.engine import Engine

_HUB = "https://index.docker.io/v1"
_FILTERS = ("is-automated", "is-official", "stars")
_LIMIT = 25


def search(engine: Engine, term: str, *, filters: Filters | None = None, limit: int = 0) -> list[dict[str, Any]]:
    """Repositories whose name or description fits, as the API's SearchResult.

    term    a word, or HOST[:PORT]/word for the index of another registry
    limit   how many at most; 0 or less is the index's own choice of 25
    Raises  InvalidFilter, InvalidParameter, Unavailable
    """
    filters = filters or Filters()
    filters.check(_FILTERS)
    automated = filters.boolean("is-automated", False) if "is-automated" in filters else None
    official = filters.boolean("is-official", False) if "is-official" in filters else None
    stars = max([_number(text) for text in filters.get("stars")], default=0)
    if "://" in term:
        raise InvalidParameter(f"invalid repository name: repository name ({term}) should not have a scheme")
    if limit > 100:
        raise InvalidParameter(f"limit {limit} is outside the range of [1, 100]")
    if automated:
        return []  # no index knows any longer which those are
    results = _ask(engine, term, limit if limit > 0 else _LIMIT)
    return [each for each in results if (official is None or bool(each.get("is_official")) == official) and _stars(each) >= stars]


def _number(text: str) -> int:
    try:
        return parse_int(text, function="Atoi")
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid filter 'stars={text}': {error}") from None


def _ask(engine: Engine, term: str, limit: int) -> list[dict[str, Any]]:
    """The results of the index that a term belongs to."""
    from urllib.parse import quote_plus

    from dockercompat.spec import go_json

    host, slash, rest = term.partition("/")
    foreign = bool(slash) and ("." in host or ":" in host or host == "localhost") and host not in ("docker.io", "index.docker.io")
    domain = host if foreign else "docker.io"
    word = rest if foreign or host in ("docker.io", "index.docker.io") else term
    connection = Connection(domain, CredentialStore(engine.paths.config_dir).get(key_of(domain)), policy=engine.registries)
    base = _index(connection, domain) if foreign else _HUB
    response = connection.send_once(f"{base}/search?q={quote_plus(word)}&n={limit}", {"X-Docker-Token": "true"})
    if response.status_code != 200:
        raise Unavailable(f"Unexpected status code {response.status_code}")
    try:
        answer = go_json.loads(body(response).decode(errors="replace"))
    except go_json.InvalidJson as error:
        raise Unavailable(f"error decoding registry search results: {error}") from None
    found = answer.get("results") if isinstance(answer, dict) else None
    return [each for each in found or () if isinstance(each, dict)]


def _index(connection: Connection, host: str) -> str:
    """The URL of a registry's index. Raises InvalidParameter when none answers."""
    secure, plain = f"https://{host}/v1", f"http://{host}/v1"
    try:
        connection.send_once(f"{secure}/_ping", {}).close()
    except DockerError as error:
        if not connection.policy.is_insecure(host):
            raise InvalidParameter(
                f"invalid registry endpoint {secure}/: {error}. If this private registry supports only HTTP or HTTPS with an unknown CA "
                f"certificate, please add `--insecure-registry {host}` to the daemon's arguments. In the case of HTTPS, if you have access "
                "to the registry's CA certificate, no need for the flag; simply place the CA certificate at "
                f"/etc/docker/certs.d/{host}/ca.crt"
            ) from None
        try:
            connection.send_once(f"{plain}/_ping", {}).close()
        except DockerError as other:
            raise InvalidParameter(f'invalid registry endpoint "{plain}/". HTTPS attempt: {error}. HTTP attempt: {other}') from None
        return plain
    return secure


def _stars(found: Mapping[str, Any]) -> int:
    count = found.get("star_count")
    return count if isinstance(count, int) else 0
