"""A container's places in its networks: what it asked for, the addresses it is leased, the interfaces and documents that follow."""

from __future__ import annotations

import json
import os

from dockercompat.engine.network import naming, settings, store
from dockercompat.errors import InvalidParameter, NoSuchNetwork
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
    """A container's place in one network: network is its row, settings the EndpointSettings that were asked for."""

    network: Row
    settings: dict[str, Any]
    address: str = ""


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
            each = each.replace(address=lease(engine, each.network, container["id"], fixed_address(each.settings)))
        endpoints.append(each)
    return endpoints


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


def fixed_address(asked: Mapping[str, Any]) -> str:
    """The address that EndpointSettings ask for, "" when any will do."""
    config: dict[str, str] = asked.get("IPAMConfig") or {}
    return config.get("IPv4Address") or ""


def check(endpoint: Endpoint, *, connecting: bool = False) -> None:
    """Raise InvalidParameter for settings that this network does not allow; connecting: docker leaves its name out."""
    name = endpoint.network["name"]
    if json.loads(endpoint.network["body"])["ConfigOnly"]:
        raise InvalidParameter("cannot create endpoint on configuration-only network")
    if not endpoint.network["bridge"]:
        raise InvalidParameter(f"cannot attach a container to network {name}: it is not a bridge")
    settings.check(name, endpoint.network, endpoint.settings, prefix="" if connecting else f"invalid config for network {name}: ")


def lease(engine: Engine, network: Row, container_id: str, fixed: str = "") -> str:
    """The container's address in a network: the one it has, the one it asks for, or the lowest free one."""
    with engine.db.transaction():
        held = {
            row["address"]: row["container_id"] for row in engine.db.all("SELECT * FROM addresses WHERE network_id = ?", (network["id"],))
        }
        for address, owner in held.items():
            if owner == container_id:
                return str(address)
        config = store.ipv4_config(network)
        subnet = ipam.parse_subnet(config["Subnet"])
        reserved = [config.get("Gateway") or "", *store.auxiliary_addresses(network)]
        taken = {number for text in (*held, *reserved) if (number := ipam.parse_address(text)) is not None}
        if fixed:
            number = ipam.parse_address(fixed)
            if number is None or not subnet.contains(number):
                raise InvalidParameter(f"invalid address {fixed}: It does not belong to any of this network's subnets")
            if number in taken:
                raise InvalidParameter("Address already in use")
        else:
            number = ipam.pick_address(subnet, taken, ipam.parse_subnet(config["IPRange"]) if config.get("IPRange") else None)
        address = ipam.format_address(number)
        engine.db.execute(
            "INSERT INTO addresses (network_id, address, container_id) VALUES (?, ?, ?)", (network["id"], address, container_id)
        )
    return address


def endpoint_json(container: Mapping[str, Any], endpoint: Endpoint, *, idle: bool = False) -> dict[str, Any]:
    """The API's EndpointSettings of a container in a network; idle: the container is not attached to it now."""
    asked, address = endpoint.settings, endpoint.address
    name = endpoint.network["name"]
    config = store.ipv4_config(endpoint.network) if address else {}
    number = ipam.parse_address(address)
    user_defined = name not in store.PREDEFINED
    return {
        "IPAMConfig": asked.get("IPAMConfig") or None,
        "Links": asked.get("Links") or None,
        "Aliases": asked.get("Aliases") or None,
        "MacAddress": (asked.get("MacAddress") or parsed(container, "config").get("MacAddress") or ipam.mac_address(number))
        if number
        else "",
        "DriverOpts": asked.get("DriverOpts"),
        "GwPriority": asked.get("GwPriority") or 0,
        "NetworkID": "" if idle else endpoint.network["id"],
        "EndpointID": "" if idle else store.new_id(),
        "Gateway": "" if not config or store.is_internal(endpoint.network) else config.get("Gateway", ""),
        "IPAddress": address,
        "IPPrefixLen": ipam.parse_subnet(config["Subnet"]).prefix if config else 0,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "DNSNames": naming.names(container, parsed(container, "config"), asked) if user_defined else None,
    }


def interface(endpoint: Endpoint, document: Mapping[str, Any], name: str) -> links.Interface:
    """The interface for an endpoint; document is its endpoint_json, name the link's in the container."""
    return links.Interface(
        peer=f"veth{os.urandom(4).hex()[:7]}",
        name=name,
        bridge=endpoint.network["bridge"],
        address=endpoint.address,
        prefix=document["IPPrefixLen"],
        mac=document["MacAddress"],
        gateway=document["Gateway"],
        mtu=store.mtu_of(endpoint.network),
        isolated=store.options_of(endpoint.network).get(store.ICC) in ("false", "0"),
        priority=document["GwPriority"],
        resolver=store.ipv4_config(endpoint.network)["Gateway"] if has_names(endpoint) else "",
        link_local=tuple((endpoint.settings.get("IPAMConfig") or {}).get("LinkLocalIPs") or ()),
        sysctls=settings.sysctls(endpoint.settings, name),
    )


def _asks_for_host(host_config: Mapping[str, Any]) -> bool:
    return any(each.partition(":")[2] == HOST_GATEWAY for each in host_config.get("ExtraHosts") or [])


def may_reach_host(engine: Engine, host_config: Mapping[str, Any]) -> bool:
    """Whether a container may reach the host's loopback: it asks for host-gateway, or all of them may."""
    return engine.settings.host_loopback or _asks_for_host(host_config)
