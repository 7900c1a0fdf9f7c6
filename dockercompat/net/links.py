"""Bridges and veth pairs as lines for `ip -batch -`: composed here, run by net/netns.py in the namespace they are meant for."""

from __future__ import annotations

from dockercompat.net import ipam
from dockercompat.record import Record

MTU = 65520  # of the uplink: nothing leaves a container in smaller pieces than the helper can take


class Bridge(Record):
    """A network's bridge in the user's namespace."""

    name: str
    gateway: str
    prefix: int


class Interface(Record):
    """One end in a container (name, address, mac) and its peer on a bridge.

    gateway  address of the default route, "" for none
    """

    peer: str
    name: str
    bridge: str
    address: str
    prefix: int
    mac: str
    gateway: str


def make_bridge(bridge: Bridge) -> str:
    mac = ipam.mac_address(ipam.parse_address(bridge.gateway) or 0)
    return (
        f"link add {bridge.name} mtu {MTU} address {mac} type bridge\n"
        f"addr add {bridge.gateway}/{bridge.prefix} broadcast + dev {bridge.name}\n"
        f"link set {bridge.name} up\n"
    )


def remove_bridge(name: str) -> str:
    return f"link del {name}\n"


def plug(interfaces: list[Interface], pid: int) -> str:
    """In the user's namespace: make each pair, its other end in the namespace of pid, and put it on its bridge."""
    return "".join(
        f"link add {each.peer} mtu {MTU} type veth peer name {each.name} netns {pid} mtu {MTU} address {each.mac}\n"
        f"link set {each.peer} master {each.bridge} up\n"
        for each in interfaces
    )


def configure(interfaces: list[Interface], *, loopback: bool = True) -> str:
    """In the container's namespace: addresses, up, default route of the first interface that has a gateway."""
    lines = ["link set lo up\n"] if loopback else []
    for each in interfaces:
        lines.append(f"addr add {each.address}/{each.prefix} broadcast + dev {each.name}\nlink set {each.name} up\n")
    for each in interfaces:
        if each.gateway:
            lines.append(f"route add default via {each.gateway} dev {each.name}\n")
            break
    return "".join(lines)


def unplug(peer: str) -> str:
    return f"link del {peer}\n"


def default_route(gateway: str) -> str:
    return f"route replace default via {gateway}\n"
