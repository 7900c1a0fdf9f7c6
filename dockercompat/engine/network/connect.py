"""`network connect` and `network disconnect`: at once where the container runs, else from its next start on."""

from __future__ import annotations

import os

from dockercompat import json
from dockercompat.engine.container import state
from dockercompat.engine.network import endpoints, fabric, hosts, linking, naming, publishing, renewal, store
from dockercompat.engine.network import settings as endpoint_settings
from dockercompat.engine.system.events import record
from dockercompat.errors import Conflict, DockerError, Forbidden, InvalidParameter, NoSuchContainer, NoSuchNetwork, NotFound
from dockercompat.kernel.rtnetlink import SCOPE_LINK, Socket
from dockercompat.net import links, netns, nft

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine


def connect(engine: Engine, ref: str, container_ref: str, settings: Mapping[str, Any]) -> None:
    """Put a container into one more network. The process has joined the holder.

    settings  the API's EndpointSettings: Aliases, IPAMConfig, Links, DriverOpts, GwPriority
    """
    container = state.current(engine, container_ref)
    try:
        network = store.find(engine, ref)
    except NoSuchNetwork:
        if container.is_alive:
            raise
        _save(engine, container, {**(container.networking or {}), ref: dict(settings)}, container.endpoints)  # its start will complain
        return
    mode = container.network_mode
    if mode == "host" or mode.startswith("container:"):
        raise InvalidParameter(
            "container sharing network namespace with another container or host cannot be connected to any other network"
        )
    if network["name"] == "host":
        raise InvalidParameter("cannot connect container to host network - container must be created in host network mode")
    if "none" in (network["name"], mode):
        raise InvalidParameter("container cannot be connected to multiple networks with one of the networks in private (none) mode")
    with state.lock(engine, container.id):
        container = state.load(engine, container.id)
        endpoints.check(endpoints.Endpoint(network, dict(settings)), connecting=True)
        if container.is_alive and network["name"] not in container.endpoints:
            unplug(engine, container, network)  # what a connect that was killed has left
        elif container.is_alive:  # one that does not run gets new settings
            raise Forbidden(f"endpoint with name {container.name} already exists in network {network['name']}")
        networking = {**(container.networking or {}), network["name"]: dict(settings)}
        _save(engine, container, networking, container.endpoints)
        if container.is_alive:
            try:
                document = _plug_in(engine, state.load(engine, container.id), network, dict(settings))
            except BaseException:
                _save(engine, container, container.networking, container.endpoints)
                raise
            _save(engine, container, networking, {**container.endpoints, network["name"]: document})
    if container.is_alive:
        attributes = {"container": container.id, "name": network["name"], "type": network["driver"]}
        record(engine, "network", "connect", network["id"], attributes)


def _save(engine: Engine, container: Container, networking: Mapping[str, Any], documents: Mapping[str, Any]) -> None:
    engine.db.execute(
        "UPDATE containers SET networking = ?, endpoints = ? WHERE id = ?", (json.dumps(networking), json.dumps(documents), container.id)
    )


def _plug_in(engine: Engine, container: Container, network: Row, settings: dict[str, Any]) -> dict[str, Any]:
    """Give a running container an interface; its endpoint document."""
    row = dict(container.row)
    before = store.way_in(engine, container.id)
    renewal.renew(engine)
    endpoint = endpoints.lease(engine, endpoints.Endpoint(network, settings), container.id, ipv6=endpoints.speaks_ipv6(row))
    network = endpoint.network
    base = fabric.ensure(engine)
    try:
        document = endpoints.endpoint_json(row, endpoint)
        container_fd = os.open(f"/proc/{container.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            with Socket(container_fd) as socket:
                names = [link.name for link in socket.links()]
            name = endpoint_settings.link_names([(network, settings)], names)[0]
            gateways = endpoints.default_gateways({**container.endpoints, network["name"]: document})
            interface = endpoints.interface(endpoint, document, name, gateways)
            netns.apply(links.plug([interface], container.pid), base.netns_fd)
            others = (each for each in endpoints.wanted(engine, row) if each.network["id"] != network["id"])
            if any(endpoints.has_names(each) and store.pool(each.network) is not None for each in others):
                interface = interface.replace(resolver="")
            try:
                netns.apply(links.configure([interface]), container_fd, sysctls=interface.sysctls)
                _follow_ports(engine, container, before)
                if network["name"] == store.DEFAULT:
                    netns.nft(nft.link(linking.allowed(engine, container.id)), base.netns_fd)
            except BaseException:
                netns.remove_links([name], container_fd)
                raise
        finally:
            os.close(container_fd)
        if endpoints.has_names(endpoint):
            naming.ensure(engine, base.netns_fd)
            hosts.follow_resolver(engine, row)
        with open(f"{engine.paths.container_dir(container.id)}/hosts", "a", encoding="utf-8") as file:
            file.write(hosts.hosts_lines(engine, dict(container.row), endpoint))
    except BaseException:
        engine.db.execute("DELETE FROM addresses WHERE network_id = ? AND container_id = ?", (network["id"], container.id))
        raise
    finally:
        os.close(base.netns_fd)
    return document


def disconnect(engine: Engine, ref: str, container_ref: str, *, force: bool = False) -> None:
    """Take a container out of a network. The process has joined the holder.

    force  for a container that is not there an endpoint of its name is looked for
    """
    container: state.Container | None = None
    try:
        container = state.current(engine, container_ref)
    except NoSuchContainer:
        if not force:
            raise
    try:
        network = store.find(engine, ref)
    except NoSuchNetwork:
        if force and container is not None:
            raise Forbidden(f"container {container.id} is not connected to the network {ref}") from None
        raise
    if container is None:
        raise NotFound(f"endpoint {container_ref} not found")
    if container.network_mode == "host":
        raise Conflict("cannot disconnect container from host network - container was created in host network mode")
    with state.lock(engine, container.id):
        container = state.load(engine, container.id)
        if network["id"] not in {each.network["id"] for each in endpoints.wanted(engine, dict(container.row), missing_ok=True)}:
            where = "network" if container.is_alive else "the network"
            raise DockerError(f"container {container.id} is not connected to {where} {network['name']}")
        networking = {
            name: settings
            for name, settings in (container.networking or {}).items()
            if name not in (network["name"], network["id"]) and not (name == "default" and network["name"] == store.DEFAULT)
        }
        if endpoints.mode_of(dict(container.row)) in (network["name"], network["id"]):
            networking[network["name"]] = None  # its own network, from which it was taken out
        documents = {name: document for name, document in container.endpoints.items() if name != network["name"]}
        way_in = store.way_in(engine, container.id)
        if container.is_alive:
            unplug(engine, container, network)
        _save(engine, container, networking, documents)
        if container.is_alive:
            _follow_ports(engine, container, way_in)
            hosts.follow_resolver(engine, dict(container.row))
    if container.is_alive:
        attributes = {"container": container.id, "name": network["name"], "type": network["driver"]}
        record(engine, "network", "disconnect", network["id"], attributes)


def unplug(engine: Engine, container: Container, network: Row) -> None:
    """Take a running container's interface in a network away, and its lease; nothing happens where it has none.

    The caller holds the container's lock. Interfaces that a killed command left without an address go too.
    """
    lease = engine.db.one("SELECT * FROM addresses WHERE network_id = ? AND container_id = ?", (network["id"], container.id))
    if lease is None:
        return
    held = [each for each in (lease["address"], lease["address6"]) if each]
    linked = nft.unlink(linking.allowed(engine, container.id)) if network["name"] == store.DEFAULT else ""
    remaining = {name: each for name, each in container.endpoints.items() if name != network["name"]}
    container_fd = os.open(f"/proc/{container.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        netns.remove_links(_links_of(network, held, container_fd), container_fd)
        changes = [links.default_route(gateway) for gateway in endpoints.default_gateways(remaining) if gateway]
        named = [each for name, each in remaining.items() if name != store.DEFAULT and each["IPAddress"]]
        if named:
            pool = store.pool(store.find(engine, named[0]["NetworkID"]))
            if pool is not None and pool.gateway_address:
                changes.append(links.resolver_route(pool.gateway_address, named[0]["IPAddress"]))
        netns.apply(changes, container_fd)
        engine.db.execute("DELETE FROM addresses WHERE network_id = ? AND container_id = ?", (network["id"], container.id))
    finally:
        os.close(container_fd)
    netns_fd = fabric.existing(engine) if linked else -1
    if netns_fd >= 0:
        try:
            fabric.drop_rules(engine, linked, netns_fd)
        finally:
            os.close(netns_fd)
    _forget_addresses(engine, container, held)
    naming.stop_if_idle(engine)


def _links_of(network: Row, held: list[str], container_fd: int) -> list[str]:
    """Names of a container's links with the addresses that it holds in a network, and of those that never got any."""
    with Socket(container_fd) as socket:
        addresses = socket.addresses()
        found = socket.links()
    theirs = {each.index for each in addresses if each.cidr.partition("/")[0] in held}
    in_use = {each.index for each in addresses if each.scope < SCOPE_LINK}
    prefix = store.options_of(network).get(store.LINK_PREFIX) or "eth"
    return [
        each.name
        for each in found
        if each.index in theirs
        or (each.kind == "veth" and each.index not in in_use and each.name.startswith(prefix) and each.name[len(prefix) :].isdigit())
    ]


def _forget_addresses(engine: Engine, container: Container, addresses: list[str]) -> None:
    """Take the container's own lines out of its /etc/hosts; written in place, because it is mounted."""
    with open(f"{engine.paths.container_dir(container.id)}/hosts", "r+", encoding="utf-8", errors="surrogateescape") as file:
        lines = [line for line in file.read().splitlines(keepends=True) if line.partition("\t")[0] not in addresses]
        file.seek(0)
        file.truncate()
        file.write("".join(lines))


def _follow_ports(engine: Engine, container: Container, before: store.WayIn) -> None:
    shown = publishing.follow(engine, dict(state.load(engine, container.id).row), before)
    if shown is not None:
        engine.db.execute("UPDATE containers SET ports = ? WHERE id = ?", (json.dumps(shown), container.id))
