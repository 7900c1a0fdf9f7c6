"""What is about the engine as a whole: /_ping, /version, /info, /auth, /events, /system/df, /session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.api.call import JSON
from dockercompat.api.http import to_json
from dockercompat.api.vanish import Watch
from dockercompat.errors import InvalidParameter, NotFound

if TYPE_CHECKING:
    from typing import Any

    from dockercompat.api.call import Call


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
    from dockercompat.distribution.credentials import INDEX_KEY, Credentials
    from dockercompat.engine.registry.login import login

    body = call.json()
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
    import time

    from dockercompat.engine.system.events import events as verb

    now_ns = time.time_ns()
    moments = [_moment(call, name, now_ns) for name in ("since", "until")]
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


def _moment(call: Call, name: str, now_ns: int) -> int | None:
    from dockercompat.spec.clock import timestamp

    text = call.text(name)
    try:
        return timestamp(text, now_ns) if text else None
    except ValueError as error:
        raise InvalidParameter(str(error)) from None


def df(call: Call) -> dict[str, Any]:
    """What takes up room; `type`, any number of times, chooses what is counted."""
    from dockercompat.engine.system.df import df as verb

    kinds = {"image": ("LayersSize", "Images"), "container": ("Containers",), "volume": ("Volumes",), "build-cache": ("BuildCache",)}
    wanted = call.query.get("type") or list(kinds)
    for kind in wanted:
        if kind not in kinds:
            raise InvalidParameter(f"unknown object type: {kind}")
    found = verb(call.engine)
    return {name: found[name] for kind, names in kinds.items() if kind in wanted for name in names}


def session(call: Call) -> None:
    """BuildKit's sessions have no place here: clients are told so and take the classic builder."""
    raise NotFound("page not found")
