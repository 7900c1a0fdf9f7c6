"""/_ping, /version, /info."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    body = b"" if call.method == "HEAD" else b"OK"
    call.connection.answer(200, body, "text/plain; charset=utf-8", headers)


def version(call: Call) -> dict[str, Any]:
    from dockercompat.engine.system.version import version as verb

    return verb(call.engine)


def info(call: Call) -> dict[str, Any]:
    from dockercompat.engine.system.info import info as verb

    return verb(call.engine)
