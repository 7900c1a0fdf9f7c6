"""Where containers of the default network may not reach each other (icc of daemon.json): what --link lets through, exposed ports."""

from __future__ import annotations

from dockercompat import json
from dockercompat.engine.network import store
from dockercompat.net import nft

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine

_PLACES = (
    "SELECT c.id, c.name, a.address, json_extract(c.config, '$.ExposedPorts') AS exposed,"
    " json_extract(c.host_config, '$.Links') AS links, json_extract(c.host_config, '$.PortBindings') AS published"
    " FROM containers c JOIN addresses a ON a.container_id = c.id WHERE a.network_id = ? AND a.address != '' ORDER BY a.rowid"
)


def allowed(engine: Engine, container_id: str = "") -> list[nft.Link]:
    """From whom to which ports, as far as a container has to do with it; "" for all of them."""
    default = store.find(engine, store.DEFAULT)
    if store.has_icc(default):
        return []
    places: list[dict[str, Any]] = [dict(row) for row in engine.db.all(_PLACES, (default["id"],))]
    by_ref = {ref: place for place in places for ref in (place["id"], place["name"])}
    found = []
    for source in places:
        for link in json.loads(source["links"] or "null") or ():
            target = by_ref.get(link.partition(":")[0].strip("/"))
            if target is None or container_id not in ("", source["id"], target["id"]):
                continue
            ports = {**(json.loads(target["exposed"] or "null") or {}), **(json.loads(target["published"] or "null") or {})}
            for port in sorted(ports):
                number, _, protocol = port.partition("/")
                found.append(nft.Link(source["address"], target["address"], protocol or "tcp", int(number)))
    return list(dict.fromkeys(found))
