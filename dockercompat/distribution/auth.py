"""Authentication to a registry: the challenge of a 401 and what answers it (distribution's auth/token.md and auth/oauth.md)."""

from __future__ import annotations

import base64

from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CLIENT_ID = "docker"


class Challenge(Record):
    """One challenge of WWW-Authenticate: scheme in lower case (basic, bearer) and its parameters."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        return dict(self.parameters).get(name, "")


def parse_challenges(header: str) -> list[Challenge]:
    """All challenges of a WWW-Authenticate header, in order; what can't be read is left out."""
    challenges: list[Challenge] = []
    scheme = ""
    parameters: list[tuple[str, str]] = []
    position, end = 0, len(header)
    while position < end:
        while position < end and header[position] in " ,\t":
            position += 1
        start = position
        while position < end and header[position] not in " ,=\t":
            position += 1
        word = header[start:position]
        if not word:
            position += 1
            continue
        if position < end and header[position] == "=":
            position += 1
            value, position = _value(header, position)
            parameters.append((word.lower(), value))
        else:
            if scheme:
                challenges.append(Challenge(scheme, tuple(parameters)))
            scheme, parameters = word.lower(), []
    if scheme:
        challenges.append(Challenge(scheme, tuple(parameters)))
    return challenges


def _value(header: str, position: int) -> tuple[str, int]:
    if position < len(header) and header[position] == '"':
        position += 1
        text = ""
        while position < len(header) and header[position] != '"':
            if header[position] == "\\" and position + 1 < len(header):
                position += 1
            text += header[position]
            position += 1
        return text, position + 1
    start = position
    while position < len(header) and header[position] not in ", \t":
        position += 1
    return header[start:position], position


def basic(username: str, password: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def repository_scope(path: str, *actions: str) -> str:
    return f"repository:{path}:{','.join(actions)}"


def token_query(challenge: Challenge, scopes: Sequence[str], account: str, *, offline: bool = False) -> list[tuple[str, str]]:
    """Parameters of the GET that asks the realm for a token."""
    query = [("account", account)] if account else []
    if offline:
        query += [("client_id", CLIENT_ID), ("offline_token", "true")]
    query += [("scope", scope) for scope in scopes]
    if challenge.get("service"):
        query.append(("service", challenge.get("service")))
    return query


def refresh_form(challenge: Challenge, scopes: Sequence[str], identity_token: str) -> dict[str, str]:
    """Fields of the POST that trades an identity token for an access token."""
    form = {"client_id": CLIENT_ID, "grant_type": "refresh_token", "refresh_token": identity_token}
    if challenge.get("service"):
        form["service"] = challenge.get("service")
    if scopes:
        form["scope"] = " ".join(scopes)
    return form


def token_of(answer: Mapping[str, object]) -> tuple[str, str]:
    """(access token, refresh token or "") of a realm's answer; the access token is "" when it gave none."""
    return str(answer.get("token") or answer.get("access_token") or ""), str(answer.get("refresh_token") or "")
