"""A network and who is in it, in the shapes of GET /networks/X."""

from __future__ import annotations

from dockercompat import json
from dockercompat.engine.network import store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.engine import Engine


def inspect(engine: Engine, ref: str) -> dict[str, Any]:
    """A network with the containers that are attached to it. Raises NoSuchNetwork, AmbiguousId."""
    row = store.find(engine, ref)
    document = document_of(row)
    options, labels = document.pop("Options"), document.pop("Labels")
    return {**document, "Containers": attached(engine, row), "Options": options, "Labels": labels}


def attached(engine: Engine, network: Row) -> dict[str, Any]:
    """Containers of inspect: id -> name, endpoint and addresses."""
    sql = (
        "SELECT c.id, c.name, c.endpoints FROM containers c JOIN addresses a ON a.container_id = c.id"
        " WHERE a.network_id = ? AND c.endpoints != '{}' ORDER BY c.id"
    )
    found = {}
    for row in engine.db.all(sql, (network["id"],)):
        endpoint = json.loads(row["endpoints"]).get(network["name"]) or {}
        if endpoint.get("EndpointID"):
            found[row["id"]] = {
                "Name": row["name"],
                "EndpointID": endpoint["EndpointID"],
                "MacAddress": endpoint["MacAddress"],
                "IPv4Address": f"{endpoint['IPAddress']}/{endpoint['IPPrefixLen']}" if endpoint["IPAddress"] else "",
                "IPv6Address": f"{six}/{endpoint['GlobalIPv6PrefixLen']}" if (six := endpoint["GlobalIPv6Address"]) else "",
            }
    return found


def document_of(row: Row) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(row["body"])
    return document
