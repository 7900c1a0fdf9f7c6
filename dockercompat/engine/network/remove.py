"""`network rm` and `network prune`: networks that no running container is attached to go with their bridges."""

from __future__ import annotations

import os
import time

from dockercompat import json
from dockercompat.engine.network import fabric, stale, store
from dockercompat.engine.network.inspect import attached
from dockercompat.engine.system.events import record
from dockercompat.errors import Forbidden, KernelRefused
from dockercompat.net import netns, nft

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.spec.filter import Filters


def remove(engine: Engine, ref: str) -> None:
    """Remove a network. The process has joined the holder. Raises NoSuchNetwork, Forbidden."""
    row = store.find(engine, ref)
    if row["name"] in store.PREDEFINED:
        raise Forbidden(f"{row['name']} is a pre-defined network and cannot be removed")
    if engine.db.one("SELECT 1 FROM addresses WHERE network_id = ?", (row["id"],)) is not None:
        stale.sweep_leases(engine, row["id"])
    with fabric.lock(engine):
        with engine.db.transaction():
            if _is_template_in_use(engine, row):
                raise Forbidden(f'error while removing network: configuration network "{row["name"]}" is in use')
            if engine.db.one("SELECT 1 FROM addresses WHERE network_id = ?", (row["id"],)) is not None:
                places = attached(engine, row).values()
                shown = ", ".join(f'name:"{each["Name"]}" id:"{each["EndpointID"][:12]}"' for each in places)
                raise Forbidden(f"error while removing network: network {row['name']} has active endpoints ({shown})")
            engine.db.execute("DELETE FROM networks WHERE id = ?", (row["id"],))
        if row["bridge"]:
            _remove_bridge(engine, row)
    if not json.loads(row["body"])["ConfigOnly"]:  # docker tells of their making alone
        record(engine, "network", "destroy", row["id"], {"name": row["name"], "type": row["driver"]})


def _is_template_in_use(engine: Engine, row: Row) -> bool:
    if not json.loads(row["body"])["ConfigOnly"]:
        return False
    return any(json.loads(other["body"])["ConfigFrom"]["Network"] == row["name"] for other in store.rows(engine))


def _remove_bridge(engine: Engine, row: Row) -> None:
    netns_fd = fabric.existing(engine)
    if netns_fd < 0:
        return
    try:
        fabric.drop_rules(engine, nft.remove_bridge(row["bridge"], **fabric.bridge_rules(row)), netns_fd)
        netns.remove_links([row["bridge"]], netns_fd)
    except KernelRefused:  # the bridge is gone already
        pass
    finally:
        os.close(netns_fd)


def prune(engine: Engine, filters: Filters) -> dict[str, Any]:
    """Remove all networks without containers, except the predefined ones and mere configurations; the API's NetworkPruneResponse.

    filters  until (created before), label, label!
    """
    filters.check(("until", "label", "label!"))
    until_ns = filters.moment_ns("until", time.time_ns())
    deleted = []
    for row in store.all_rows(engine):
        if (
            row["name"] in store.PREDEFINED
            or json.loads(row["body"])["ConfigOnly"]
            or (until_ns is not None and row["created_ns"] > until_ns)
        ):
            continue
        if not filters.labels(json.loads(row["body"])["Labels"]):
            continue
        try:
            remove(engine, row["id"])
        except Forbidden:  # in use
            continue
        deleted.append(row["name"])
    record(engine, "network", "prune", "", {"reclaimed": "0"})
    return {"NetworksDeleted": deleted or None}
