"""/networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.errors import InvalidParameter, NoSuchNetwork

if TYPE_CHECKING:
    from builtins import list as _list
    from typing import Any

    from dockercompat.api.call import Call


def list(call: Call) -> _list[dict[str, Any]]:
    from dockercompat.engine.network.list import list as verb

    return verb(call.engine, call.filters())


def create(call: Call) -> None:
    from dockercompat.engine.network.create import create as verb

    body = call.document("network.CreateRequest") or {}
    made = verb(call.engine, {"Name": "", **body})
    call.answer({"Id": made["Id"], "Warning": made.get("Warning", "")}, 201)


def inspect(call: Call) -> dict[str, Any]:
    from dockercompat.engine.network.inspect import inspect as verb

    call.strict_flag("verbose")
    found = verb(call.engine, call.params["id"])
    if call.text("scope") not in ("", found["Scope"]):
        raise NoSuchNetwork(call.params["id"])
    return found


def remove(call: Call) -> None:
    from dockercompat.engine.network.remove import remove as verb

    verb(call.engine, call.params["id"])


def connect(call: Call) -> None:
    from dockercompat.engine.network.connect import connect as verb

    body = call.document("network.ConnectOptions") or {}
    verb(call.engine, call.params["id"], _container(body), body.get("EndpointConfig") or {})
    call.connection.answer(200, b"")


def disconnect(call: Call) -> None:
    from dockercompat.engine.network.connect import disconnect as verb

    body = call.document("network.DisconnectOptions") or {}
    verb(call.engine, call.params["id"], _container(body), force=bool(body.get("Force")))
    call.connection.answer(200, b"")


def _container(body: dict[str, Any]) -> str:
    ref: str = body.get("Container") or ""
    if not ref:
        raise InvalidParameter('invalid name or ID supplied: ""')
    return ref


def prune(call: Call) -> dict[str, Any]:
    from dockercompat.engine.network.remove import prune as verb

    return verb(call.engine, call.filters())
