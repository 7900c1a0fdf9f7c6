"""Docker Content Trust: where it is asked for, nothing is done without its server, which is asked as docker asks it."""

from __future__ import annotations

from dockercompat.errors import ClientError, InvalidReference
from dockercompat.spec import digest, reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation

_HUB = "https://notary.docker.io"
_TIMEOUT_S = 30


def check(invocation: Invocation, ref: str) -> None:
    """Do nothing when trust is not asked for, or the image is named by its digest or id.

    Trust is asked for by --disable-content-trust=false or DOCKER_CONTENT_TRUST=1.
    Raises  ClientError: there is no such server (docker.io's is retired), or there is one and no client for it here
    """
    if not _is_asked_for(invocation) or digest.is_digest(ref):
        return
    try:
        parsed = reference.parse(ref)
    except InvalidReference:  # an image's id
        return
    if parsed.digest:
        return
    server = invocation.environ.get("DOCKER_CONTENT_TRUST_SERVER") or (_HUB if parsed.domain == "docker.io" else f"https://{parsed.domain}")
    if not server.startswith("https://"):
        raise ClientError(f"error establishing connection to trust repository: valid https URL required for trust server, got {server}")
    import requests

    from dockercompat.distribution.failures import explain

    try:
        requests.get(f"{server}/v2/", timeout=_TIMEOUT_S)
    except requests.RequestException as error:
        raise ClientError(f"Error: error contacting notary server: {explain(error, server)}") from None
    raise ClientError(f"Error: {server} does not have trust data for {parsed.domain}/{parsed.path}: signatures are not supported")


def _is_asked_for(invocation: Invocation) -> bool:
    if invocation.options.given("disable-content-trust"):
        return not invocation.options.disable_content_trust
    text = invocation.environ.get("DOCKER_CONTENT_TRUST", "")
    return bool(text) and text not in ("0", "f", "F", "FALSE", "false", "False")
