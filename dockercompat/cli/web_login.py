"""Docker Hub's login through a browser: a code that a person confirms there (OAuth's device flow, RFC 8628)."""

from __future__ import annotations

import sys
import time

from dockercompat import json
from dockercompat.distribution.credentials import Credentials
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TENANT = "https://login.docker.com"
_CLIENT_ID = "L4v0dmlNBpYUjGGab0C2JtgTgXr1Qz4d"  # docker's own client program
_AUDIENCE = "https://hub.docker.com"
_SCOPE = "openid offline_access"
_TIMEOUT_S = 10


def web_login() -> Credentials | None:
    """Credentials that a browser confirmed, None when the flow can't be begun: docker then asks for a name and a password.

    Raises  ClientError when the code expired or was refused
    """
    state = _post("/oauth/device/code", {"client_id": _CLIENT_ID, "scope": _SCOPE, "audience": _AUDIENCE})
    if not state.get("device_code"):
        print("Failed to start web-based login - falling back to command line login...\n", file=sys.stderr, flush=True)
        return None
    from dockercompat.cli.notes import note

    print("\nUSING WEB-BASED LOGIN", file=sys.stderr)
    note("To sign in with credentials on the command line, use 'docker login -u <username>'\n", sys.stderr)
    print(f"\nYour one-time device confirmation code is: \x1b[1m{state.get('user_code')}\x1b[0m", file=sys.stderr)
    address = str(state.get("verification_uri_complete") or state.get("verification_uri") or "").partition("?")[0]
    print(f"Press ENTER to open your browser or submit your device code here: {address}\n", file=sys.stderr)
    print("Waiting for authentication in the browser…", file=sys.stderr, flush=True)
    return _wait(state)


def _wait(state: dict[str, Any]) -> Credentials:
    pause_s = float(state.get("interval") or 5)
    end = time.monotonic() + float(state.get("expires_in") or 900)
    form = {"client_id": _CLIENT_ID, "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": state["device_code"]}
    while time.monotonic() < end:
        time.sleep(pause_s)
        answer = _post("/oauth/token", form)
        if answer.get("access_token"):
            return _personal(str(answer["access_token"]))
        if answer.get("error") == "slow_down":
            pause_s += 5
        elif answer.get("error") not in ("authorization_pending", None):
            raise ClientError(f"failed waiting for authentication: {answer.get('error_description') or answer['error']}")
    raise ClientError("failed waiting for authentication: timed out waiting for device token")


def _personal(access_token: str) -> Credentials:
    """The personal access token that Docker Hub makes for whoever was confirmed: it takes the password's place."""
    import requests

    try:
        answer = requests.post(
            f"{_AUDIENCE}/v2/access-tokens/desktop-generate", headers={"Authorization": f"Bearer {access_token}"}, timeout=_TIMEOUT_S
        )
        password = str(answer.json()["data"]["token"])
    except (requests.exceptions.RequestException, ValueError, KeyError, TypeError) as error:
        raise ClientError(f"failed to get a personal access token: {error}") from None
    return Credentials(_name(access_token), password)


def _post(path: str, form: dict[str, str]) -> dict[str, Any]:
    """A JSON answer, {} when there is none."""
    import requests

    try:
        answer = requests.post(f"{_TENANT}{path}", data=form, timeout=_TIMEOUT_S).json()
    except (requests.exceptions.RequestException, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _name(token: str) -> str:
    """The Docker ID that an access token (a JWT) names."""
    import base64

    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return str(claims["https://hub.docker.com"]["username"])
    except (IndexError, KeyError, ValueError, TypeError):
        return ""
