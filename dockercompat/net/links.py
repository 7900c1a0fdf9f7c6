"""Bridges and veth pairs as lines for `ip -batch -`: composed here, run by net/netns.py in the namespace they are meant for."""

from __future__ import annotations

from dockercompat.net import nft
from dockercompat.record import Record

MTU = 65520  # of the uplink: nothing leaves a container in smaller pieces than the helper can take
_EXTRA = {False: "broadcast +", True: "nodad"}

# What containers answer to the relay's clients comes to this namespace, though the addresses are elsewhere.
RELAY_ROUTES = f"rule add fwmark {nft.ANSWER_MARK} lookup 100\nroute add local 0.0.0.0/0 dev lo table 100\n"
ROUTE_LOCALNET = ("net/ipv4/conf/all/route_localnet", "1")  # lets packets from and to 127.0.0.0/8, the resolver's, leave


class Bridge(Record):
    """A network's bridge in the user's namespace; addresses in CIDR form, none where nobody answers at the gateway."""

    name: str
    addresses: tuple[str, ...]
    mac: str
    mtu: int = MTU


class Interface(Record):
    """One end in a container (name, address, mac) and its peer on a bridge.

    address   with its prefix (10.0.0.2/24), "" for none; address6 likewise
    gateway   address of the default route, "" for none or where another interface has it; gateway6 likewise
    isolated  others on the bridge can't be reached, except the bridge itself
    resolver  where the name server of the network is, "" for none
    link_local  more addresses, of a link-local network
    sysctls   (file under /proc/sys, value) pairs to be written once it is there
    """

    peer: str
    name: str
    bridge: str
    address: str
    mac: str
    gateway: str
    address6: str = ""
    gateway6: str = ""
    mtu: int = MTU
    isolated: bool = False
    resolver: str = ""
    link_local: tuple[str, ...] = ()
    sysctls: tuple[tuple[str, str], ...] = ()


def make_bridge(bridge: Bridge) -> str:
    lines = [f"link add {bridge.name} mtu {bridge.mtu} address {bridge.mac} type bridge\n"]
    lines += [f"addr add {address} {_EXTRA[':' in address]} dev {bridge.name}\n" for address in bridge.addresses]
    return "".join(lines) + f"link set {bridge.name} up\n"


def remove_bridge(name: str) -> str:
    return f"link del {name}\n"


def plug(interfaces: list[Interface], pid: int) -> str:
    """In the user's namespace: make each pair, its other end in the namespace of pid, and put it on its bridge."""
    lines = []
    for each in interfaces:
        lines.append(f"link add {each.peer} mtu {each.mtu} type veth peer name {each.name} netns {pid} mtu {each.mtu} address {each.mac}\n")
        lines.append(f"link set {each.peer} master {each.bridge} up\n")
        if each.isolated:
            lines.append(f"link set {each.peer} type bridge_slave isolated on\n")
    return "".join(lines)


def configure(interfaces: list[Interface], *, loopback: bool = True) -> str:
    """In the container's namespace: addresses, up, one default route."""
    lines = ["link set lo up\n"] if loopback else []
    for each in interfaces:
        for address in filter(None, (each.address, each.address6)):
            lines.append(f"addr add {address} {_EXTRA[':' in address]} dev {each.name}\n")
        for address in each.link_local:
            lines.append(f"addr add {address}/{'64' if ':' in address else '16 broadcast +'} dev {each.name}\n")
        lines.append(f"link set {each.name} up\n")
        lines += [default_route(gateway, each.name) for gateway in (each.gateway, each.gateway6) if gateway]
    lines += [resolver_route(each.resolver, each.address.partition("/")[0]) for each in interfaces if each.resolver][:1]
    return "".join(lines)


def unplug(peer: str) -> str:
    return f"link del {peer}\n"


def default_route(gateway: str, name: str = "") -> str:
    return f"route replace default via {gateway}{f' dev {name}' if name else ''}\n"


def uplink6(name: str, guest_address: str, host_address: str) -> str:
    """In the user's namespace: the IPv6 end of the helper's device, which it leaves to advertisements that a router does not take."""
    return f"addr replace {guest_address}/64 nodad dev {name}\nroute replace default via {host_address} dev {name}\n"


def resolver_route(gateway: str, address: str) -> str:
    """In a container: have packets to 127.0.0.11 leave for a gateway, where the rules redirect them to the name server."""
    return f"route replace {nft.RESOLVER}/32 via {gateway} src {address} table local\n"
