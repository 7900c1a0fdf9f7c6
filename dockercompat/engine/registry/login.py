"""POST /auth: prove credentials to a registry."""

from __future__ import annotations

from dockercompat.distribution.client import RegistryClient
from dockercompat.distribution.credentials import INDEX_KEY, Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.distribution.client import RegistryPolicy
    from dockercompat.engine.engine import Engine


def login(engine: Engine, server: str, credentials: Credentials, *, policy: RegistryPolicy | None = None) -> dict[str, str]:
    """Log in to a registry; the API's AuthenticateOKBody. IdentityToken is to be kept instead of the password, where there is one.

    server  a host name, or INDEX_KEY for Docker Hub
    Raises  Unauthorized, Unavailable
    """
    domain = "docker.io" if server == INDEX_KEY else server
    client = RegistryClient(domain, credentials, policy=policy)
    client.login()
    return {"Status": "Login Succeeded", "IdentityToken": client.refresh_token}
