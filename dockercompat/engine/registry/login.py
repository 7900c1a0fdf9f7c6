"""POST /auth: prove credentials to a registry."""

from __future__ import annotations

from dockercompat.distribution.connection import Connection
from dockercompat.distribution.credentials import INDEX_KEY, Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.distribution.policy import RegistryPolicy
    from dockercompat.engine.engine import Engine


def login(engine: Engine, server: str, credentials: Credentials, *, policy: RegistryPolicy | None = None) -> dict[str, str]:
    """Log in to a registry; the API's AuthenticateOKBody. IdentityToken is to be kept instead of the password, where there is one.

    server  a host name, or INDEX_KEY for Docker Hub
    Raises  Unauthorized, Unavailable
    """
    domain = "docker.io" if server == INDEX_KEY else server
    connection = Connection(domain, credentials, policy=policy or engine.registries)
    connection.login()
    return {"IdentityToken": connection.refresh_token, "Status": "Login Succeeded"}
