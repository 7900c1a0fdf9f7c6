"""`network create`: a bridge of its own in the user's namespace, on a subnet that meets no route of the host."""

from __future__ import annotations

import json
import os
import time

from dockercompat.engine.network import fabric, store
from dockercompat.engine.system.events import record
from dockercompat.errors import Conflict, DockerError, Forbidden, InvalidParameter, NoSuchNetwork, NotFound, NotImplementedHere
from dockercompat.net import ipam, links, netns, nft
from dockercompat.spec.number import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.engine.engine import Engine

_BRIDGE_NAME = "com.docker.network.bridge.name"
_NO_COUNTERPART = (
    "com.docker.network.bridge.gateway_mode_ipv4",
    "com.docker.network.bridge.gateway_mode_ipv6",
    "com.docker.network.bridge.inhibit_ipv4",
    "com.docker.network.bridge.trusted_host_interfaces",
)
_HARMLESS = ("", "nat", "false", "0")  # the behaviour that there is without the option
_ROOT_DRIVERS = ("macvlan", "ipvlan")
_LONGEST_LINK_NAME = 15


def create(engine: Engine, request: Mapping[str, Any]) -> dict[str, str]:
    """Create a network; the API's NetworkCreateResponse. The process has joined the holder.

    request  NetworkCreateRequest: Name, Driver, IPAM, Internal, Attachable, Options, Labels, ConfigOnly, ConfigFrom ...
    """
    name = request["Name"]
    driver = request.get("Driver") or store.DEFAULT
    if driver == "overlay":
        raise NotImplementedHere(
            'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
        )
    _check_name(name)
    if request.get("Scope") == "swarm":
        raise Forbidden("cannot create a swarm scoped network when swarm is not active")
    store.all_rows(engine)  # the predefined networks take their subnets first
    if engine.db.one("SELECT 1 FROM networks WHERE name = ?", (name,)) is not None:
        raise Conflict(f"network with name {name} already exists")
    if request.get("ConfigOnly"):
        driver = "null"
    else:
        _check_driver(driver)
    if request.get("EnableIPv4") is False and not request.get("ConfigOnly"):
        if not request.get("EnableIPv6"):
            raise InvalidParameter("IPv4 or IPv6 must be enabled")
        raise NotImplementedHere("IPv6 is not available to containers here; a network has IPv4 addresses")
    if ((request.get("IPAM") or {}).get("Driver") or "default") != "default":
        raise NotFound(f'plugin "{request["IPAM"]["Driver"]}" not found')
    if request.get("Ingress"):
        raise Forbidden("Ingress network can only be global scope network")
    network = store.body(store.new_id(), name, driver, time.time_ns())
    options = dict(request.get("Options") or {})
    network.update(
        Internal=bool(request.get("Internal")),
        Attachable=bool(request.get("Attachable")),
        ConfigOnly=bool(request.get("ConfigOnly")),
        Options=options,
        Labels=dict(request.get("Labels") or {}),
    )
    asked = dict(request.get("IPAM") or {})
    source = (request.get("ConfigFrom") or {}).get("Network")
    if request.get("ConfigOnly") and (request.get("Internal") or request.get("Attachable") or request.get("Scope")):
        raise Forbidden(
            "configuration network can only contain network specific fields. "
            "Network operator fields like [ ingress | internal | attachable | scope ] are not supported."
        )
    if source:
        if request.get("ConfigOnly"):
            raise Forbidden("a configuration network cannot depend on another configuration network")
        try:
            template = json.loads(store.find(engine, source)["body"])
        except NoSuchNetwork:
            raise NotFound(f'configuration network "{source}" does not exist') from None
        if not template["ConfigOnly"]:
            raise NotFound(f'configuration network "{source}" does not exist')
        if request.get("EnableIPv6") or network["Labels"] or asked.get("Options") or asked.get("Config"):
            raise Forbidden("user specified configurations are not supported if the network depends on a configuration network")
        if options:
            raise Forbidden("network driver options are not supported if the network depends on a configuration network")
        network["ConfigFrom"] = {"Network": source}
        asked, options = template["IPAM"], template["Options"]
        network.update(Options=options, Labels=template["Labels"])
    network["IPAM"] = {"Driver": asked.get("Driver") or "default", "Options": asked.get("Options") or {}, "Config": []}
    bridge = "" if network["ConfigOnly"] else options.get(_BRIDGE_NAME) or f"br-{network['Id'][:12]}"
    _check_options(options)
    if len(bridge) > _LONGEST_LINK_NAME or "/" in bridge or any(letter.isspace() or letter == '"' for letter in bridge):
        raise InvalidParameter(f"invalid interface name: {bridge}")
    given = [each for each in asked.get("Config") or [] if each.get("Subnet")]
    with fabric.lock(engine):
        with engine.db.transaction():
            if engine.db.one("SELECT 1 FROM networks WHERE name = ?", (name,)) is not None:
                raise Conflict(f"network with name {name} already exists")
            network["IPAM"]["Config"] = _ipam_config(engine, given, is_template=network["ConfigOnly"])
            store.insert(engine, network, bridge, subnet_given=bool(given))
        netns_fd = fabric.existing(engine) if bridge else -1
        if netns_fd >= 0:
            try:
                _make_bridge(engine, network["Id"], netns_fd)
            except BaseException:
                engine.db.execute("DELETE FROM networks WHERE id = ?", (network["Id"],))
                raise
            finally:
                os.close(netns_fd)
    record(engine, "network", "create", network["Id"], {"name": name, "type": driver})
    warning = "IPv6 is not available to containers here; the network has IPv4 addresses only" if request.get("EnableIPv6") else ""
    return {"Id": network["Id"], "Warning": warning}


def _make_bridge(engine: Engine, network_id: str, netns_fd: int) -> None:
    row = store.find(engine, network_id)
    netns.ip(links.make_bridge(store.bridge_of(row)), netns_fd)
    netns.nft(nft.add_bridge(row["bridge"], internal=store.is_internal(row)), netns_fd)


def _check_options(options: Mapping[str, str]) -> None:
    """Refuse what would be dropped silently; options of other drivers are nobody's business, as in docker."""
    for key, value in options.items():
        if key == store.MTU and not (value.isascii() and value.isdigit()):
            raise InvalidParameter(f"failed to parse {key} value: {value} (strconv.Atoi: parsing {quoted(value)}: invalid syntax)")
        if key == store.MTU and not 68 <= int(value) <= 65535:
            raise InvalidParameter(f"invalid value for {key}: {value}")
        if key in (store.ICC, "com.docker.network.bridge.enable_ip_masquerade") and value not in ("true", "false", "1", "0"):
            raise InvalidParameter(f"failed to parse {key} value: {value} (strconv.ParseBool: parsing {quoted(value)}: invalid syntax)")
        if key == store.HOST_BINDING and ipam.parse_address(value) is None:
            raise InvalidParameter(f"failed to parse {key} value: {value} (nil ip)")
        if key in _NO_COUNTERPART and value not in _HARMLESS:
            raise NotImplementedHere(f"network option {key} has no counterpart in rootless networking")
        if key == "com.docker.network.bridge.enable_ip_masquerade" and value in ("false", "0"):
            raise NotImplementedHere("rootless networks leave the host through its own addresses only; use --internal to keep them inside")


def _check_name(name: str) -> None:
    if name in store.PREDEFINED:
        raise Forbidden(f"operation is not permitted on predefined {name} network")
    if name == "default":
        raise Forbidden(f"operation is not permitted on predefined {name} network")
    if not name.strip():
        raise InvalidParameter("invalid name: name is empty")


def _check_driver(driver: str) -> None:
    if driver in ("host", "null"):
        raise Forbidden(f'only one instance of "{driver}" network is allowed')
    if driver in _ROOT_DRIVERS:
        raise NotImplementedHere(f"{driver} networks need root on the host, which a rootless engine does not have; use the bridge driver")
    if driver != store.DEFAULT:
        raise NotFound(f'plugin "{driver}" not found')


def _ipam_config(engine: Engine, given: list[dict[str, Any]], *, is_template: bool) -> list[dict[str, Any]]:
    """IPAM.Config with docker's defaults filled in: a free subnet, its first address as gateway."""
    others = store.subnets(store.rows(engine))
    if not given:
        if is_template:
            return []
        subnet = ipam.pick_subnet([*ipam.host_routes(), *others])
        return [{"Subnet": str(subnet), "Gateway": ipam.format_address(subnet.base + 1)}]
    if len(given) > 1:
        raise InvalidParameter("bridge driver doesn't support multiple subnets")
    found = []
    for each in given:
        if ":" in each["Subnet"]:
            raise NotImplementedHere(f"invalid subnet {each['Subnet']}: IPv6 is not available to containers here")
        try:
            subnet = ipam.parse_subnet(each["Subnet"])
        except DockerError:
            raise InvalidParameter(f"invalid network config:\ninvalid subnet {each['Subnet']}: invalid CIDR block notation") from None
        if not is_template and any(subnet.overlaps(other) for other in others):
            raise Forbidden("invalid pool request: Pool overlaps with other one on this address space")
        if str(subnet) != each["Subnet"]:
            raise InvalidParameter(f"invalid network config:\ninvalid subnet {each['Subnet']}: it should be {subnet}")
        config: dict[str, Any] = {"Subnet": str(subnet)}
        if each.get("IPRange"):
            within = ipam.parse_subnet(each["IPRange"])
            if not subnet.holds(within):
                raise InvalidParameter(f"invalid network config:\ninvalid ip-range {each['IPRange']}: subnet {subnet} does not contain it")
            config["IPRange"] = str(within)
        gateway = each.get("Gateway") or ipam.format_address(subnet.base + 1)
        number = ipam.parse_address(gateway)
        if number is None or not subnet.contains(number):
            raise InvalidParameter(f"invalid network config:\ninvalid gateway {gateway}: parent subnet {subnet} does not contain it")
        if number in (subnet.base, subnet.base + (1 << (32 - subnet.prefix)) - 1):
            raise InvalidParameter(f"failed to allocate gateway ({gateway}): Address already in use")
        if each.get("Gateway"):  # docker shows what was asked for
            config["Gateway"] = gateway
        if each.get("AuxiliaryAddresses"):
            config["AuxiliaryAddresses"] = dict(each["AuxiliaryAddresses"])
        found.append(config)
    return found
