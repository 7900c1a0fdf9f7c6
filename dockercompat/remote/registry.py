"""/auth of another engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockercompat.distribution.credentials import Credentials
    from dockercompat.remote.client import Remote


def login(engine: Remote, server: str, credentials: Credentials, *, policy: object = None) -> dict[str, str]:
    body = {
        "username": credentials.username,
        "password": credentials.password,
        "identitytoken": credentials.identity_token,
        "serveraddress": server,
    }
    found: dict[str, str] = engine.post("/auth", body)
    return {"IdentityToken": "", **found}
