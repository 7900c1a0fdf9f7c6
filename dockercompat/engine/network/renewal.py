"""Networks that nobody is in, made what today asks for: clear of the host's routes, and the default one as daemon.json has it."""

from __future__ import annotations

import os

from dockercompat import json
from dockercompat.engine import configuration
from dockercompat.engine.network import fabric, store
from dockercompat.net import ipam

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.engine import Engine


def renew(engine: Engine) -> None:
    """Before addresses are leased. Networks with leases are left as they are. Raises InvalidConfiguration

    A subnet that nobody chose is exchanged where a route of the host (a VPN's) has come to meet it: what is behind that could not be
    reached by any container.
    """
    if fabric.is_starting(engine) or not _outdated(engine):
        return
    with fabric.lock(engine):
        netns_fd = fabric.existing(engine)
        try:
            for row in _outdated(engine):
                _renew(engine, row, netns_fd)
        finally:
            if netns_fd >= 0:
                os.close(netns_fd)


def _outdated(engine: Engine) -> list[Row]:
    routes = ipam.host_routes()
    leased = {row[0] for row in engine.db.all("SELECT DISTINCT network_id FROM addresses")}
    default = store.find(engine, store.DEFAULT)["id"] if store.default_is_outdated(engine, configuration.load(engine)) else ""
    return [
        row
        for row in store.bridged(engine)
        if row["id"] not in leased and (row["id"] == default or (not row["subnet_given"] & store.GIVEN[32] and _meets(row, routes)))
    ]


def _meets(row: Row, routes: list[ipam.Subnet]) -> bool:
    return any(own.overlaps(route) for own in store.subnets([row]) for route in routes)


def _renew(engine: Engine, before: Row, netns_fd: int) -> None:
    network: dict[str, Any] = json.loads(before["body"])
    with engine.db.transaction():
        if engine.db.one("SELECT 1 FROM addresses WHERE network_id = ?", (before["id"],)) is not None:
            return
        given = before["subnet_given"]
        if before["name"] == store.DEFAULT:
            given = store.shape_default(engine, network)
        else:
            others = [each for each in network["IPAM"]["Config"] if ":" in each["Subnet"]]
            subnet = store.pick(engine, [*ipam.host_routes(), *store.subnets(store.rows(engine))])
            network["IPAM"]["Config"] = [store.automatic(subnet), *others]
        engine.db.execute("UPDATE networks SET body = ?, subnet_given = ? WHERE id = ?", (json.dumps(network), given, before["id"]))
        if netns_fd >= 0:  # here, so that a network that is known has its bridge whoever kills this process
            fabric.make_bridge_anew(engine, before, store.find(engine, before["id"]), netns_fd)
