"""`network create`: a bridge of its own in the user's namespace, on a subnet that meets no route of the host."""

from __future__ import annotations

import os
import time

from dockercompat import json
from dockercompat.engine import configuration
from dockercompat.engine.network import fabric, stale, store
from dockercompat.engine.system.events import record
from dockercompat.errors import (
    Conflict,
    Forbidden,
    InvalidParameter,
    InvalidSubnet,
    NoFreeAddress,
    NoSuchNetwork,
    NotFound,
    NotImplementedHere,
)
from dockercompat.net import ipam
from dockercompat.spec.number import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.engine.engine import Engine

_BRIDGE_NAME = "com.docker.network.bridge.name"
_SWITCHES = {"EnableIPv4": "com.docker.network.enable_ipv4", "EnableIPv6": "com.docker.network.enable_ipv6"}
_BOOLEANS = (store.ICC, store.MASQUERADE, store.INHIBIT_IPV4)
_ADDRESSES = (store.HOST_BINDING, "com.docker.network.host_ipv4", "com.docker.network.host_ipv6")
_MODES = ("", "nat", "nat-unprotected", "routed", "isolated")
_MULTICAST = ipam.Subnet(0xFF << 120, 8, 128)
_ROOT_DRIVERS = ("macvlan", "ipvlan")
_LONGEST_LINK_NAME = 15


def create(engine: Engine, request: Mapping[str, Any]) -> dict[str, str]:
    """Create a network; the API's NetworkCreateResponse. The process has joined the holder.

    request  NetworkCreateRequest: Name, Driver, IPAM, Internal, Attachable, Options, Labels, ConfigOnly, ConfigFrom ...
    """
    name = request["Name"]
    driver = request.get("Driver") or store.DEFAULT
    if driver == "overlay":
        raise Forbidden(
            'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
        )
    _check_name(name)
    engine.db.check_room()
    if request.get("Scope") == "swarm":
        raise Forbidden("cannot create a swarm scoped network when swarm is not active")
    subnets = (request.get("IPAM") or {}).get("Config") or []
    problems = [
        problem
        for each in subnets
        if (problem := _problem(each, is_used=bool(request.get("EnableIPv6")) or ":" not in (each.get("Subnet") or "")))
    ]
    if problems:
        raise InvalidParameter("invalid network config:\n" + "\n".join(problems))
    store.all_rows(engine)  # the predefined networks take their subnets first
    if engine.db.one("SELECT 1 FROM networks WHERE name = ?", (name,)) is not None:
        raise Conflict(f"network with name {name} already exists")
    if request.get("ConfigOnly"):
        driver = "null"
    else:
        _check_driver(driver)
    options = dict(request.get("Options") or {})
    if not (request.get("ConfigFrom") or {}).get("Network"):
        options = {**configuration.load(engine).options.get(request.get("Driver") or store.DEFAULT, {}), **options}
    enabled = {key: _switch(options, option, request.get(key), default=key == "EnableIPv4") for key, option in _SWITCHES.items()}
    if not any(enabled.values()) and not request.get("ConfigOnly"):
        raise InvalidParameter("IPv4 or IPv6 must be enabled")
    ipam_driver = (request.get("IPAM") or {}).get("Driver") or "default"
    if ipam_driver == "null":
        raise InvalidParameter("ipv4 pool is empty")
    if ipam_driver != "default":
        raise NotFound(f'plugin "{ipam_driver}" not found')
    if request.get("Ingress"):
        raise Forbidden("Ingress network can only be global scope network")
    network = store.body(store.new_id(), name, driver, time.time_ns())
    network.update(
        **enabled,
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
        enabled = {key: template[key] for key in enabled}
        network.update(**enabled, Options=options, Labels=template["Labels"])
    network["IPAM"] = {"Driver": asked.get("Driver") or "default", "Options": asked.get("Options"), "Config": []}
    bridge = "" if network["ConfigOnly"] else options.get(_BRIDGE_NAME) or f"br-{network['Id'][:12]}"
    _check_options(options, internal=network["Internal"])
    if len(bridge) > _LONGEST_LINK_NAME:
        raise InvalidParameter("numerical result out of range")
    if "/" in bridge or any(letter.isspace() or letter == '"' for letter in bridge):
        raise InvalidParameter("invalid argument")
    given = list(asked.get("Config") or [])
    with fabric.lock(engine):
        netns_fd = fabric.existing(engine) if bridge else -1
        try:
            if netns_fd >= 0:
                stale.sweep_bridges(engine, netns_fd)
            with engine.db.transaction():
                if engine.db.one("SELECT 1 FROM networks WHERE name = ?", (name,)) is not None:
                    raise Conflict(f"network with name {name} already exists")
                for other in store.bridged(engine):
                    if bridge == other["bridge"]:
                        raise Forbidden(
                            f"cannot create network {network['Id']} ({bridge}): conflicts with network {other['id']} ({bridge}): "
                            "networks have same bridge name"
                        )
                network["IPAM"]["Config"] = _ipam_config(engine, given, network)
                families = {128 if ":" in each["Subnet"] else 32 for each in given}
                store.insert(engine, network, bridge, subnet_given=sum(store.GIVEN[each] for each in families))
                if netns_fd >= 0:  # here, so that a network that is known has its bridge whoever kills this process
                    fabric.make_bridge(engine, store.find(engine, network["Id"]), netns_fd)
        finally:
            if netns_fd >= 0:
                os.close(netns_fd)
    record(engine, "network", "create", network["Id"], {"name": name, "type": driver})
    return {"Id": network["Id"], "Warning": ""}


def _switch(options: Mapping[str, str], option: str, asked: bool | None, *, default: bool) -> bool:
    """Whether a family is enabled: by its driver option, else as asked."""
    if option not in options:
        return default if asked is None else bool(asked)
    if options[option] not in (*store.TRUE_WORDS, *store.FALSE_WORDS):
        raise InvalidParameter(f'driver-opt "{option}" is not a valid bool')
    return store.is_true(options[option])


def _check_options(options: Mapping[str, str], *, internal: bool) -> None:
    """Refuse what docker refuses, and what would be dropped silently; options of other drivers are nobody's business, as in docker."""
    for key, value in options.items():
        if key == store.MTU:
            _check_mtu(value)
        if key in _BOOLEANS and value not in (*store.TRUE_WORDS, *store.FALSE_WORDS):
            raise InvalidParameter(f"failed to parse {key} value: {value} (strconv.ParseBool: parsing {quoted(value)}: invalid syntax)")
        if key in _ADDRESSES and ipam.parse_address(value) is None and ipam.parse_address6(value) is None:
            raise InvalidParameter(f"failed to parse {key} value: {value} (nil ip)")
        if key in store.GATEWAY_MODES.values():
            if value not in _MODES:
                raise InvalidParameter(f"failed to parse {key} value: {value} (unknown gateway mode {value})")
            if value == "isolated" and not internal:
                raise InvalidParameter("gateway mode 'isolated' can only be used for an internal network")
            if value == "routed" and not internal:
                raise NotImplementedHere(f"{key}=routed: the host has no route into a rootless network; publish ports instead")


def _check_mtu(value: str) -> None:
    digits = value[1:] if value[:1] in ("-", "+") else value
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidParameter(f"failed to parse {store.MTU} value: {value} (strconv.Atoi: parsing {quoted(value)}: invalid syntax)")
    if int(value) < 0:
        raise InvalidParameter(f"invalid MTU number: {int(value)}")
    if int(value) and not 68 <= int(value) <= 65535:
        raise InvalidParameter("invalid argument")


def _check_name(name: str) -> None:
    if name in store.PREDEFINED or name == "default":
        raise Forbidden(f"operation is not permitted on predefined {name} network ")
    if not name.strip():
        raise InvalidParameter("invalid name: name is empty")


def _check_driver(driver: str) -> None:
    if driver in ("host", "null"):
        raise Forbidden(f'only one instance of "{driver}" network is allowed')
    if driver in _ROOT_DRIVERS:
        raise NotImplementedHere(f"{driver} networks need root on the host, which a rootless engine does not have; use the bridge driver")
    if driver != store.DEFAULT:
        raise NotFound(f'plugin "{driver}" not found')


def _ipam_config(engine: Engine, given: list[dict[str, Any]], network: Mapping[str, Any]) -> list[dict[str, Any]]:
    """IPAM.Config with docker's defaults filled in: for each family that is enabled and has no subnet, a free one and its gateway."""
    others = store.subnets(store.rows(engine))
    found = []
    for bits, key in ((32, "EnableIPv4"), (128, "EnableIPv6")):
        of_family = [each for each in given if (":" in each["Subnet"]) == (bits == 128)]
        if len(of_family) > 1 and not network["ConfigOnly"]:
            raise InvalidParameter("bridge driver doesn't support multiple subnets")
        for each in of_family:
            if network["ConfigOnly"] or not network[key]:
                found.append(_shown(each))
            else:
                found.append(_checked(each, others, is_isolated=network["Options"].get(store.GATEWAY_MODES[bits]) == "isolated"))
        if not of_family and network[key] and not network["ConfigOnly"]:
            routes = ipam.host_routes() if bits == 32 else ipam.host_routes6()
            config = store.automatic(store.pick(engine, [*routes, *others], bits=bits))
            if network["Options"].get(store.GATEWAY_MODES[bits]) == "isolated":
                del config["Gateway"]
            found.append(config)
    asked = [each["Subnet"] for each in given]
    return sorted(found, key=lambda each: asked.index(each["Subnet"]) if each["Subnet"] in asked else len(asked))


def _problem(given: Mapping[str, Any], *, is_used: bool) -> str:
    """What is wrong with the words of one subnet, in docker's words; "" for nothing.

    is_used  its family is on: else it only has to be a subnet
    """
    text = given.get("Subnet") or ""
    try:
        subnet = ipam.parse_subnet(text)
    except InvalidSubnet:
        return f"invalid subnet {text}: invalid CIDR block notation"
    if not is_used:
        return ""
    if not _is_same(subnet, text):
        return f"invalid subnet {text}: it should be {subnet}"
    if given.get("IPRange"):
        try:
            within = ipam.parse_subnet(given["IPRange"])
        except InvalidSubnet:
            return f"invalid ip-range {given['IPRange']}: invalid CIDR block notation"
        if within.bits == subnet.bits and within.prefix < subnet.prefix:
            return f"invalid ip-range {given['IPRange']}: CIDR block is bigger than its parent subnet {subnet}"
        if not _is_same(within, given["IPRange"]):
            return f"invalid ip-range {given['IPRange']}: it should be {within}"
        if not subnet.holds(within):
            return f"invalid ip-range {given['IPRange']}: parent subnet {subnet} doesn't contain ip-range"
    places = {f"auxiliary address {name}": address for name, address in (given.get("AuxiliaryAddresses") or {}).items()}
    if given.get("Gateway"):
        places = {f"gateway {given['Gateway']}": given["Gateway"], **places}
    for shown, address in places.items():
        if ipam.parse_address(address) is None and ipam.parse_address6(address) is None:
            return f"invalid {shown}: invalid address"
        if subnet.find(address) is None:
            return f"invalid {shown}: parent subnet {subnet} doesn't contain this address"
    return ""


def _is_same(subnet: ipam.Subnet, text: str) -> bool:
    """Whether the words of a subnet have no bits below its prefix."""
    host = text.partition("/")[0]
    return (ipam.parse_address6(host) if subnet.bits == 128 else ipam.parse_address(host)) == subnet.base


def _shown(given: Mapping[str, Any]) -> dict[str, Any]:
    """What inspect shows of a subnet: what was asked for, in docker's order."""
    return {key: given[key] for key in ("Subnet", "IPRange", "Gateway", "AuxiliaryAddresses") if given.get(key)}


def _checked(given: Mapping[str, Any], others: list[ipam.Subnet], *, is_isolated: bool) -> dict[str, Any]:
    """The entry of a subnet that a person chose, once all that it keeps can be had. Raises Forbidden, InvalidParameter."""
    subnet = ipam.parse_subnet(given["Subnet"])
    if any(subnet.overlaps(other) for other in others):
        raise Forbidden("invalid pool request: Pool overlaps with other one on this address space")
    config = _shown(given)
    gateway = subnet.find(given.get("Gateway") or "")
    if gateway is not None and not ipam.is_usable(subnet, gateway):
        raise InvalidParameter(f"failed to allocate gateway ({given['Gateway']}): Address already in use")
    if subnet.bits - subnet.prefix == 0 and subnet.bits == 128 and not is_isolated:
        raise InvalidParameter("failed to allocate gateway (): no available addresses on this pool")
    taken = set()
    if not is_isolated:
        try:
            taken.add(store.pool_of({key: value for key, value in config.items() if key != "AuxiliaryAddresses"}).gateway)
        except NoFreeAddress:
            raise InvalidParameter("failed to allocate gateway (): no available addresses on this pool") from None
    for name, text in (given.get("AuxiliaryAddresses") or {}).items():
        number = subnet.find(text)
        if number is None or number in taken or not ipam.is_usable(subnet, number):
            raise InvalidParameter(f"failed to allocate secondary ip address ({name}:{text}): Address already in use")
        taken.add(number)
    if subnet.overlaps(_MULTICAST):
        raise InvalidParameter(f"multicast subnet '{subnet.format(subnet.base + 1)}/{subnet.prefix}' is not allowed")
    return config
