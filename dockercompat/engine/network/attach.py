"""Attaching a container to its networks: addresses leased, links plugged, ports published, and all of it given back.

The order is reserve (before the bundle is written: /etc/hosts needs the address), attach (after create, before start), detach.
"""

from __future__ import annotations

import os

from dockercompat.engine.network import endpoints, fabric, health, linking, listening, naming, publishing, renewal, settings, store
from dockercompat.errors import DockerError, NetworkingFailed, NoFreeAddress
from dockercompat.net import links, netns, nft

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.engine.engine import Engine


def attach(engine: Engine, container: Mapping[str, Any], pid: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the network namespace of pid its interfaces and publish its ports; NetworkSettings.Networks and .Ports.

    container  id, name, config, host_config, networking (JSON texts or parsed)
    pid        the container's first process, not started yet, in a network namespace of its own
    Raises     NetworkingFailed; nothing is left attached then
    """
    try:
        return _attach(engine, container, pid)
    except BaseException as error:
        detach(engine, container["id"])
        if isinstance(error, DockerError) and not isinstance(error, NetworkingFailed):
            raise NetworkingFailed(str(error)) from error
        raise


def _attach(engine: Engine, container: Mapping[str, Any], pid: int) -> tuple[dict[str, Any], dict[str, Any]]:
    places = endpoints.leased(engine, container)
    documents = {each.network["name"]: endpoints.endpoint_json(container, each) for each in places}
    host_config = endpoints.parsed(container, "host_config")
    plugged = [each for each in places if each.network["bridge"]]
    names_of_links = settings.link_names([(each.network, each.settings) for each in plugged], [])
    gateways = endpoints.default_gateways(documents)
    interfaces = [endpoints.interface(each, documents[each.network["name"]], name, gateways) for each, name in zip(plugged, names_of_links)]
    base = fabric.ensure(engine, wait=False)
    names: naming.Start | None = None
    try:
        if any(endpoints.has_names(each) for each in plugged):
            names = naming.Start(engine, base.netns_fd)
        is_starting = fabric.is_starting(engine)
        if is_starting:  # links need no helper
            _plug(interfaces, pid, base.netns_fd)
            fabric.settle(engine)
        shown: dict[str, Any] = {}
        rules = ""
        endpoint_ids = {name: document["EndpointID"] for name, document in documents.items()}
        shown, rules = publishing.publish(engine, base.netns_fd, container, plugged, endpoint_ids)
        if endpoints.may_reach_host(engine, host_config):
            rules += nft.allow_host([each.address for each in plugged if each.address])
            engine.db.execute("UPDATE addresses SET host_access = 1 WHERE container_id = ?", (container["id"],))
        if any(each.network["name"] == store.DEFAULT for each in plugged):
            rules += nft.link(linking.allowed(engine, container["id"]))
        rules_job = fabric.add_rules(engine, rules, base.netns_fd) if rules else None
        if not is_starting:
            _plug(interfaces, pid, base.netns_fd)
        if rules_job is not None:
            fabric.finish_rules(rules_job, rules, base.netns_fd)
    finally:
        os.close(base.netns_fd)
        if names is not None:
            names.finish()
    return documents, shown


def _plug(interfaces: list[links.Interface], pid: int, netns_fd: int) -> None:
    netns.apply(links.plug(interfaces, pid), netns_fd)
    container_fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        pairs = [pair for each in interfaces for pair in each.sysctls]
        netns.apply(links.configure(interfaces), container_fd, sysctls=pairs)
    finally:
        os.close(container_fd)


def detach(engine: Engine, container_id: str) -> None:
    """Take back ports, rules and leases; links vanish with the container's namespace. Does nothing for what is not there."""
    port_rows = engine.db.all("SELECT * FROM published_ports WHERE container_id = ?", (container_id,))
    leases = engine.db.all("SELECT network_id, address, host_access FROM addresses WHERE container_id = ? ORDER BY rowid", (container_id,))
    if not port_rows and not leases:
        return
    fabric.abandon(engine)
    listening.withdraw(engine, port_rows)
    with_access = [row["address"] for row in leases if row["host_access"] and row["address"]]
    linked = linking.allowed(engine, container_id) if leases else []
    if port_rows or with_access or linked:
        netns_fd = fabric.existing(engine)
        if netns_fd >= 0:
            try:
                lines = nft.withdraw([fabric.forward_of(row, store.way_in(engine, container_id)) for row in port_rows]) if leases else ""
                lines += nft.forbid_host(with_access) + nft.unlink(linked)
                fabric.drop_rules(engine, lines, netns_fd)
            finally:
                os.close(netns_fd)
    with engine.db.transaction():
        engine.db.execute("DELETE FROM addresses WHERE container_id = ?", (container_id,))
    naming.stop_if_idle(engine)
    if engine.db.one("SELECT 1 FROM addresses LIMIT 1") is None:
        fabric.stop_if_idle(engine)


def reserve(engine: Engine, container: Mapping[str, Any]) -> None:
    """Lease addresses in each of the container's networks. Repeated calls give the same leases.

    Raises  NetworkingFailed (no such network, an address that is taken or not allowed)
    """
    try:
        renewal.renew(engine)
        try:
            places = endpoints.leased(engine, container)
        except NoFreeAddress:
            from dockercompat.engine.network import stale

            stale.sweep_leases(engine)
            places = endpoints.leased(engine, container)
        if places:
            os.close(fabric.ensure(engine, wait=False).netns_fd)  # before the monitor is started: its copy of the pin is a spare one
    except NetworkingFailed:
        raise
    except DockerError as error:
        raise NetworkingFailed(str(error)) from error


def repair(engine: Engine) -> None:
    """Start helpers that were killed and publish the ports again, where health.needs_repair finds any missing."""
    if not health.needs_repair(engine):
        return
    base = fabric.ensure(engine)
    try:
        if naming.is_missing(engine, base.netns_fd):
            naming.ensure(engine, base.netns_fd)
        if listening.is_missing(engine):
            listening.start(engine, base.netns_fd)
    finally:
        os.close(base.netns_fd)
