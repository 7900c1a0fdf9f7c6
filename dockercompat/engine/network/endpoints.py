"""A container's places in its networks: what it asked for, the addresses it is leased, the interfaces and documents that follow."""

from __future__ import annotations

import os

from dockercompat import json
from dockercompat.engine.network import naming, settings, store
from dockercompat.errors import InvalidParameter, NoFreeAddress, NoSuchNetwork
from dockercompat.net import ipam, links
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.engine import Engine

HOST_GATEWAY = "host-gateway"


class Endpoint(Record):
    """A container's place in one network: network is its row, settings the EndpointSettings that were asked for.

    address, address6  what it is leased, "" for none
    """

    network: Row
    settings: dict[str, Any]
    address: str = ""
    address6: str = ""


def parsed(container: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A document of a container's row, which may be JSON text still; {} for none."""
    value = container[key]
    parsed: dict[str, Any] | None = json.loads(value) if isinstance(value, str) else value
    return parsed or {}


def mode_of(container: Mapping[str, Any]) -> str:
    """The NetworkMode; `default` is bridge."""
    mode: str = parsed(container, "host_config").get("NetworkMode") or "default"
    return store.DEFAULT if mode == "default" else mode


def wanted(engine: Engine, container: Mapping[str, Any], *, missing_ok: bool = False) -> list[Endpoint]:
    """The networks a container is to be in, that of its NetworkMode first; null settings mean that it was disconnected."""
    mode = mode_of(container)
    if mode.startswith("container:"):
        return []
    asked = parsed(container, "networking")
    asked = {store.DEFAULT if ref == "default" else ref: settings for ref, settings in asked.items()}
    refs = list(asked)
    if mode not in asked:
        refs.insert(0, mode)
    elif refs[0] != mode:
        refs.remove(mode)
        refs.insert(0, mode)
    found: dict[str, Endpoint] = {}
    for ref in refs:
        endpoint = asked.get(ref, {})
        if ref in asked and endpoint is None:
            continue
        try:
            network = store.find(engine, ref)
        except NoSuchNetwork:
            if missing_ok:
                continue
            raise
        found.setdefault(network["id"], Endpoint(network, endpoint or {}))
    return list(found.values())


def leased(engine: Engine, container: Mapping[str, Any]) -> list[Endpoint]:
    """The container's endpoints with their addresses, leased now where they are not yet."""
    endpoints = []
    for each in wanted(engine, container):
        check(each)
        if each.network["bridge"]:
            each = lease(engine, each, container["id"], ipv6=speaks_ipv6(container))
        endpoints.append(each)
    return endpoints


def held(engine: Engine, container: Mapping[str, Any]) -> list[Endpoint]:
    """The endpoints that have their addresses already."""
    rows = {row["network_id"]: row for row in engine.db.all("SELECT * FROM addresses WHERE container_id = ?", (container["id"],))}
    return [
        each.replace(address=row["address"], address6=row["address6"])
        for each in wanted(engine, container, missing_ok=True)
        if (row := rows.get(each.network["id"])) is not None
    ]


def idle_endpoints(engine: Engine, container: Mapping[str, Any]) -> dict[str, Any]:
    """NetworkSettings.Networks of a container that is not attached: created, stopped, or in host, none."""
    mode = mode_of(container)
    if mode.startswith("container:"):
        return {}
    return {
        each.network["name"]: endpoint_json(container, each, idle=mode not in ("host", "none"))
        for each in wanted(engine, container, missing_ok=True)
    }


def has_names(endpoint: Endpoint) -> bool:
    """Whether names are resolved in this network: in those that users define."""
    return bool(endpoint.network["bridge"]) and endpoint.network["name"] not in store.PREDEFINED


def speaks_ipv6(container: Mapping[str, Any]) -> bool:
    """Whether a container may have IPv6 addresses: not when it was asked to switch them off (--sysctl)."""
    sysctls: dict[str, str] = parsed(container, "host_config").get("Sysctls") or {}
    return sysctls.get("net.ipv6.conf.all.disable_ipv6", "0") != "1"


def check(endpoint: Endpoint, *, connecting: bool = False) -> None:
    """Raise InvalidParameter for settings that this network does not allow; connecting: docker leaves its name out."""
    name = endpoint.network["name"]
    if json.loads(endpoint.network["body"])["ConfigOnly"]:
        raise InvalidParameter("cannot create endpoint on configuration-only network")
    if not endpoint.network["bridge"]:
        raise InvalidParameter(f"cannot attach a container to network {name}: it is not a bridge")
    settings.check(name, endpoint.network, endpoint.settings, prefix="" if connecting else f"invalid config for network {name}: ")


def lease(engine: Engine, endpoint: Endpoint, container_id: str, *, ipv6: bool = True) -> Endpoint:
    """The endpoint with the container's addresses and its network as it is now: no other one changes while somebody has an address there.

    They are those that it has, or those that it asks for, or the lowest free ones.
    """
    config: dict[str, str] = endpoint.settings.get("IPAMConfig") or {}
    with engine.db.transaction():
        network = store.find(engine, endpoint.network["id"])
        endpoint = endpoint.replace(network=network)
        rows = engine.db.all("SELECT * FROM addresses WHERE network_id = ?", (network["id"],))
        for row in rows:
            if row["container_id"] == container_id:
                return endpoint.replace(address=row["address"], address6=row["address6"])
        address = _free(network, 32, [row["address"] for row in rows], config.get("IPv4Address") or "")
        address6 = _free(network, 128, [row["address6"] for row in rows], config.get("IPv6Address") or "") if ipv6 else ""
        engine.db.execute(
            "INSERT INTO addresses (network_id, address, address6, container_id) VALUES (?, ?, ?, ?)",
            (network["id"], address, address6, container_id),
        )
    return endpoint.replace(address=address, address6=address6)


def _free(network: Row, bits: int, held: list[str], fixed: str) -> str:
    """An address of a network's pool that nobody holds, "" where it has no such pool."""
    pool = store.pool(network, bits=bits)
    if pool is None:
        return ""
    taken = {number for text in held if (number := pool.subnet.find(text)) is not None} | {*pool.reserved, pool.gateway}
    if fixed:
        number = pool.subnet.find(fixed)
        if number is None:
            raise InvalidParameter(f"invalid address {fixed}: It does not belong to any of this network's subnets")
        if number in taken or not ipam.is_usable(pool.subnet, number):
            raise InvalidParameter("Address already in use")
        return fixed
    try:
        return pool.subnet.format(ipam.pick_address(pool.subnet, taken, pool.within))
    except NoFreeAddress:
        raise NoFreeAddress("IPv6" if bits == 128 else "IPv4", f"{network['name']} ({network['id']})") from None


def endpoint_json(container: Mapping[str, Any], endpoint: Endpoint, *, idle: bool = False) -> dict[str, Any]:
    """The API's EndpointSettings of a container in a network; idle: the container is not attached to it now."""
    asked, name = endpoint.settings, endpoint.network["name"]
    pool, pool6 = (
        store.pool(endpoint.network, bits=bits) if held else None for bits, held in ((32, endpoint.address), (128, endpoint.address6))
    )
    has_way_out = not store.is_internal(endpoint.network)
    user_defined = name not in store.PREDEFINED
    return {
        "IPAMConfig": asked.get("IPAMConfig") or None,
        "Links": asked.get("Links") or None,
        "Aliases": asked.get("Aliases") or None,
        "MacAddress": _mac_of(container, endpoint),
        "DriverOpts": asked.get("DriverOpts"),
        "GwPriority": asked.get("GwPriority") or 0,
        "NetworkID": "" if idle else endpoint.network["id"],
        "EndpointID": "" if idle else store.new_id(),
        "Gateway": pool.default_route if pool and has_way_out else "",
        "IPAddress": endpoint.address,
        "IPPrefixLen": pool.subnet.prefix if pool else 0,
        "IPv6Gateway": pool6.default_route if pool6 and has_way_out else "",
        "GlobalIPv6Address": endpoint.address6,
        "GlobalIPv6PrefixLen": pool6.subnet.prefix if pool6 else 0,
        "DNSNames": naming.names(container, parsed(container, "config"), asked) if user_defined else None,
    }


def _mac_of(container: Mapping[str, Any], endpoint: Endpoint) -> str:
    number = ipam.parse_address(endpoint.address) or ipam.parse_address6(endpoint.address6)
    if number is None:
        return ""
    return endpoint.settings.get("MacAddress") or parsed(container, "config").get("MacAddress") or ipam.mac_address(number)


def default_gateways(documents: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """The IPv4 and IPv6 gateways that a container's default routes lead to, "" for none.

    documents  its EndpointSettings by network. Networks with gateways of both families come first, then those of a higher
               priority, then the first by name, as with docker 28
    """
    order = sorted(
        documents.items(),
        key=lambda item: (not (item[1]["Gateway"] and item[1]["IPv6Gateway"]), -(item[1].get("GwPriority") or 0), item[0]),
    )
    gateway, gateway6 = (next((each[key] for _, each in order if each.get(key)), "") for key in ("Gateway", "IPv6Gateway"))
    return gateway, gateway6


def interface(endpoint: Endpoint, document: Mapping[str, Any], name: str, gateways: tuple[str, str]) -> links.Interface:
    """The interface for an endpoint.

    document  its endpoint_json
    name      the link's in the container
    gateways  what default_gateways chose for the container
    """
    settings.check_mac(document["MacAddress"])
    has_ipv6 = bool(endpoint.address6)
    switch = f"net/ipv6/conf/{name}/disable_ipv6"
    pool = store.pool(endpoint.network)
    resolver = pool.gateway_address if pool and has_names(endpoint) else ""
    sysctls = [(switch, "0" if has_ipv6 else "1"), *settings.sysctls(endpoint.settings, name)]
    if resolver:
        sysctls.append(links.ROUTE_LOCALNET)
    return links.Interface(
        peer=f"veth{os.urandom(4).hex()[:7]}",
        name=name,
        bridge=endpoint.network["bridge"],
        address=f"{endpoint.address}/{document['IPPrefixLen']}" if endpoint.address else "",
        address6=f"{endpoint.address6}/{document['GlobalIPv6PrefixLen']}" if has_ipv6 else "",
        mac=document["MacAddress"],
        gateway=document["Gateway"] if document["Gateway"] == gateways[0] else "",
        gateway6=document["IPv6Gateway"] if document["IPv6Gateway"] == gateways[1] else "",
        mtu=store.mtu_of(endpoint.network),
        isolated=not store.has_icc(endpoint.network),
        resolver=resolver,
        link_local=tuple((endpoint.settings.get("IPAMConfig") or {}).get("LinkLocalIPs") or ()),
        sysctls=tuple(sysctls),
    )


def _asks_for_host(host_config: Mapping[str, Any]) -> bool:
    return any(each.partition(":")[2] == HOST_GATEWAY for each in host_config.get("ExtraHosts") or [])


def may_reach_host(engine: Engine, host_config: Mapping[str, Any]) -> bool:
    """Whether a container may reach the host's loopback: it asks for host-gateway, or all of them may."""
    return engine.settings.host_loopback or _asks_for_host(host_config)
