"""/networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from builtins import list as _list
    from typing import Any

    from dockercompat.api.call import Call


def list(call: Call) -> _list[dict[str, Any]]:
    from dockercompat.engine.network.list import list as verb

    return verb(call.engine, call.filters())


def create(call: Call) -> None:
    from dockercompat.engine.network.create import create as verb

    body = call.json()
    call.answer({"Warning": "", **verb(call.engine, {"Name": "", **body})}, 201)


def inspect(call: Call) -> dict[str, Any]:
    from dockercompat.engine.network.inspect import inspect as verb

    return verb(call.engine, call.params["id"])


def remove(call: Call) -> None:
    from dockercompat.engine.network.remove import remove as verb

    verb(call.engine, call.params["id"])


def connect(call: Call) -> None:
    from dockercompat.engine.network.connect import connect as verb

    body = call.json()
    verb(call.engine, call.params["id"], body.get("Container") or "", body.get("EndpointConfig") or {})
    call.connection.answer(200, b"")


def disconnect(call: Call) -> None:
    from dockercompat.engine.network.connect import disconnect as verb

    body = call.json()
    verb(call.engine, call.params["id"], body.get("Container") or "", force=bool(body.get("Force")))
    call.connection.answer(200, b"")


def prune(call: Call) -> dict[str, Any]:
    from dockercompat.engine.network.remove import prune as verb

    return verb(call.engine, call.filters())
