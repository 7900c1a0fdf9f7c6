"""What is about the engine as a whole: /_ping, /version, /info, /auth, /events, /system/df, /session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.api.call import JSON
from dockercompat.api.http import to_json
from dockercompat.api.vanish import Watch
from dockercompat.errors import DockerError, InvalidParameter, NotFound

if TYPE_CHECKING:
    from typing import Any

    from dockercompat.api.call import Call

KINDS = ("image", "container", "volume", "build-cache")
NO_BUILDKIT = (
    "BuildKit's API is not served on this socket: run `pydocker build` or `pydocker buildx build`, "
    "or set DOCKER_BUILDKIT=0 to build over this socket"
)


def ping(call: Call) -> None:
    """docker's ping: its headers say what the engine is; clients choose the classic builder by Builder-Version 1."""
    headers = (
        ("Builder-Version", "1"),
        ("Cache-Control", "no-cache, no-store, must-revalidate"),
        ("Pragma", "no-cache"),
        ("Swarm", "inactive"),
    )
    call.connection.answer(200, b"OK", "text/plain; charset=utf-8", headers)


def version(call: Call) -> dict[str, Any]:
    from dockercompat.engine.system.version import version as verb

    return verb(call.engine)


def info(call: Call) -> dict[str, Any]:
    from dockercompat.engine.system.info import info as verb

    return verb(call.engine)


def auth(call: Call) -> dict[str, Any]:
    from dockercompat.api import decoding
    from dockercompat.distribution.credentials import INDEX_KEY, Credentials
    from dockercompat.engine.registry.login import login
    from dockercompat.spec.go_json import InvalidJson

    text = call.connection.read_document().decode("utf-8", "replace")
    try:
        body = decoding.read(text, "registry.AuthConfig", stream=True) or {}
    except InvalidJson as error:
        raise DockerError(str(error)) from None
    server = str(body.get("serveraddress") or INDEX_KEY)
    if server != INDEX_KEY:
        from dockercompat.distribution.credentials import host_of

        server = host_of(server)
        if server in ("index.docker.io", "docker.io", "registry-1.docker.io"):
            server = INDEX_KEY
    credentials = Credentials(
        username=str(body.get("username") or ""),
        password=str(body.get("password") or ""),
        identity_token=str(body.get("identitytoken") or ""),
    )
    return login(call.engine, server, credentials)


def events(call: Call) -> None:
    """One JSON document an event, from the moment the head is sent."""
    from dockercompat.engine.system.events import events as verb

    moments = [call.moment_ns(name) for name in ("since", "until")]
    since_ns, until_ns = moments
    if since_ns is not None and until_ns is not None and until_ns < since_ns:
        since, until = call.text("since"), call.text("until")
        raise InvalidParameter(f"`since` time ({since}) cannot be after `until` time ({until})")
    found = verb(call.engine, since_ns=since_ns, until_ns=until_ns, filters=call.filters())
    call.connection.begin(200, JSON)
    with Watch(call.connection.sock):
        for message in found:
            call.connection.send_body(to_json(message))
    call.connection.end()


def df(call: Call) -> dict[str, Any]:
    """What takes up room; `type`, any number of times, chooses what is counted, from version 1.42 on."""
    from dockercompat.api.handlers.images import older_list
    from dockercompat.engine.system.df import df as verb

    wanted = set(call.query.get("type", ())) if call.version >= (1, 42) else set()
    for kind in call.query.get("type", ()):
        if kind in wanted and kind not in KINDS:
            raise InvalidParameter(f"unknown object type: {kind}")
    found = verb(call.engine, frozenset(wanted or KINDS))
    if found["Images"] is not None:
        images = older_list(call, found["Images"])
        found["Images"] = [{**each, "RepoDigests": each["RepoDigests"] or None, "RepoTags": each["RepoTags"] or None} for each in images]
    return found


def session(call: Call) -> None:
    """BuildKit's sessions have no place here: there is no BuildKit, and whoever asks for one is told what to do."""
    _no_buildkit(call, InvalidParameter)


def grpc(call: Call) -> None:
    _no_buildkit(call, DockerError)


def _no_buildkit(call: Call, kind: type[DockerError]) -> None:
    if not call.headers.get("upgrade"):
        raise kind("no upgrade proto in request")
    raise NotFound(NO_BUILDKIT)
