"""The networks' SQL: rows, the three that always exist, and how a person's words find one."""

from __future__ import annotations

import json
import os
import time

from dockercompat.errors import AmbiguousId, NoSuchNetwork
from dockercompat.net import ipam, links
from dockercompat.spec import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.engine import Engine

DEFAULT = "bridge"
DEFAULT_BRIDGE = "docker0"
HOST_BINDING = "com.docker.network.bridge.host_binding_ipv4"
ICC = "com.docker.network.bridge.enable_icc"
MTU = "com.docker.network.driver.mtu"
LINK_PREFIX = "com.docker.network.container_iface_prefix"
PREDEFINED = ("bridge", "host", "none")
_DRIVERS = {"bridge": "bridge", "host": "host", "none": "null"}


def new_id() -> str:
    return os.urandom(32).hex()


def make_predefined(engine: Engine) -> None:
    """Put bridge, host and none into a database that lacks them."""
    with engine.db.transaction():
        known = {row["name"] for row in engine.db.all("SELECT name FROM networks WHERE name IN ('bridge', 'host', 'none')")}
        for name in PREDEFINED:
            if name in known:
                continue
            network = body(new_id(), name, _DRIVERS[name], time.time_ns())
            if name == DEFAULT:
                subnet = ipam.pick_subnet([*ipam.host_routes(), *subnets(rows(engine))])
                network["IPAM"]["Config"] = [{"Subnet": str(subnet), "Gateway": ipam.format_address(subnet.base + 1)}]
                network["Options"] = {
                    "com.docker.network.bridge.default_bridge": "true",
                    ICC: "true",
                    "com.docker.network.bridge.enable_ip_masquerade": "true",
                    HOST_BINDING: "0.0.0.0",
                    "com.docker.network.bridge.name": DEFAULT_BRIDGE,
                    MTU: str(links.MTU),
                }
            insert(engine, network, DEFAULT_BRIDGE if name == DEFAULT else "", subnet_given=False)


def body(network_id: str, name: str, driver: str, created_ns: int) -> dict[str, Any]:
    """What inspect shows of a network, with docker's defaults and without Containers."""
    return {
        "Name": name,
        "Id": network_id,
        "Created": clock.format_ns(created_ns),
        "Scope": "local",
        "Driver": driver,
        "EnableIPv4": True,
        "EnableIPv6": False,
        "IPAM": {"Driver": "default", "Options": None, "Config": [] if driver == "bridge" else None},
        "Internal": False,
        "Attachable": False,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Options": {},
        "Labels": {},
    }


def insert(engine: Engine, network: dict[str, Any], bridge: str, *, subnet_given: bool) -> None:
    engine.db.execute(
        "INSERT INTO networks (id, name, driver, bridge, subnet_given, created_ns, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (network["Id"], network["Name"], network["Driver"], bridge, int(subnet_given), time.time_ns(), json.dumps(network)),
    )


def rows(engine: Engine) -> list[Row]:
    return engine.db.all("SELECT * FROM networks ORDER BY created_ns")


def all_rows(engine: Engine) -> list[Row]:
    """Every network, the predefined ones made if this is the first look."""
    found = rows(engine)
    if len(found) < len(PREDEFINED) or not set(PREDEFINED) <= {row["name"] for row in found}:
        make_predefined(engine)
        found = rows(engine)
    return found


def find(engine: Engine, ref: str) -> Row:
    """A network by name, id or the beginning of an id. Raises NoSuchNetwork, AmbiguousId."""
    row = engine.db.one("SELECT * FROM networks WHERE id = ? OR name = ? ORDER BY id = ? DESC", (ref, ref, ref))
    if row is None and ref in PREDEFINED:
        make_predefined(engine)
        return find(engine, ref)
    if row is not None:
        return row
    matches = engine.db.all("SELECT * FROM networks WHERE substr(id, 1, ?) = ?", (len(ref), ref)) if ref else []
    if len(matches) > 1:
        raise AmbiguousId(ref)
    if not matches:
        raise NoSuchNetwork(ref)
    return matches[0]


def ipv4_config(row: Row) -> dict[str, str]:
    """The first IPAM.Config entry of a network, with a gateway also where nobody chose it; {} when it has none."""
    config: list[dict[str, str]] | None = json.loads(row["body"])["IPAM"]["Config"]
    if not config:
        return {}
    if config[0].get("Gateway"):
        return config[0]
    return {**config[0], "Gateway": ipam.format_address(ipam.parse_subnet(config[0]["Subnet"]).base + 1)}


def subnets(network_rows: Iterable[Row]) -> list[ipam.Subnet]:
    """The subnets of networks, without those of templates (network create --config-only), which no bridge has."""
    found = []
    for row in network_rows:
        network = json.loads(row["body"])
        for config in () if network["ConfigOnly"] else network["IPAM"]["Config"] or ():
            if config.get("Subnet") and ":" not in config["Subnet"]:
                found.append(ipam.parse_subnet(config["Subnet"]))
    return found


def bridge_of(row: Row) -> links.Bridge:
    config = ipv4_config(row)
    return links.Bridge(row["bridge"], config.get("Gateway", ""), ipam.parse_subnet(config["Subnet"]).prefix, mtu_of(row))


def bridged(engine: Engine) -> list[Row]:
    """Networks that have a bridge in the user's namespace."""
    return [row for row in all_rows(engine) if row["bridge"]]


def is_internal(row: Row) -> bool:
    return bool(json.loads(row["body"])["Internal"])


def auxiliary_addresses(row: Row) -> list[str]:
    """Addresses that a person kept for other uses (network create --aux-address)."""
    config: list[dict[str, dict[str, str]]] = json.loads(row["body"])["IPAM"]["Config"] or []
    return [address for each in config for address in (each.get("AuxiliaryAddresses") or {}).values()]


def way_in(engine: Engine, container_id: str) -> str:
    """The address that a container's published ports lead to: that in its first network which is not internal."""
    sql = "SELECT a.address, n.body FROM addresses a JOIN networks n ON n.id = a.network_id WHERE a.container_id = ? ORDER BY a.rowid"
    for row in engine.db.all(sql, (container_id,)):
        if not is_internal(row):
            return str(row["address"])
    return ""


def options_of(row: Row) -> dict[str, str]:
    """The driver options of a network (network create --opt)."""
    found: dict[str, str] | None = json.loads(row["body"])["Options"]
    return found or {}


def mtu_of(row: Row) -> int:
    """The packet size of a network's links."""
    text = options_of(row).get(MTU, "")
    return int(text) if text.isascii() and text.isdigit() and 68 <= int(text) <= 65535 else links.MTU


def avoid_routes(engine: Engine) -> None:
    """Give networks whose subnet nobody chose another one where a route of the host (a VPN's) has come to meet it.

    For a moment at which no bridge exists; networks with leases are left as they are.
    """
    routes = ipam.host_routes()
    leased = {row[0] for row in engine.db.all("SELECT DISTINCT network_id FROM addresses")}
    for row in bridged(engine):
        if row["subnet_given"] or row["id"] in leased or not any(each.overlaps(route) for each in subnets([row]) for route in routes):
            continue
        with engine.db.transaction():
            subnet = ipam.pick_subnet([*routes, *subnets(rows(engine))])
            network = json.loads(row["body"])
            network["IPAM"]["Config"] = [{"Subnet": str(subnet), "Gateway": ipam.format_address(subnet.base + 1)}]
            engine.db.execute("UPDATE networks SET body = ? WHERE id = ?", (json.dumps(network), row["id"]))
