"""Bridges and veth pairs as changes: composed here, made by net/netns.py in the namespace that they are meant for."""

from __future__ import annotations

from dockercompat.kernel.rtnetlink import AddAddress, AddBridge, AddLocalTable, AddVeth, Isolate, LookUpMarked, SetRoute, SetUp
from dockercompat.net import nft
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.kernel.rtnetlink import Change

MTU = 65520  # of the uplink: nothing leaves a container in smaller pieces than the helper can take

# What containers answer to the relay's clients comes to this namespace, though the addresses are elsewhere.
RELAY_ROUTES: tuple[Change, ...] = (LookUpMarked(nft.ANSWER_MARK, 100), AddLocalTable(100))
RELAY_ROUTES6: tuple[Change, ...] = (LookUpMarked(nft.ANSWER_MARK, 100, ipv6=True), AddLocalTable(100, ipv6=True))
ROUTE_LOCALNET = ("net/ipv4/conf/all/route_localnet", "1")  # lets packets from and to 127.0.0.0/8, the resolver's, leave


class Bridge(Record):
    """A network's bridge in the user's namespace; addresses in CIDR form, none where nobody answers at the gateway.

    answers_for_all  its members, kept from each other, find each other there: what one sends to another meets the rules
    """

    name: str
    addresses: tuple[str, ...]
    mac: str
    mtu: int = MTU
    answers_for_all: bool = False

    @property
    def sysctls(self) -> tuple[tuple[str, str], ...]:
        """What is to be written once it is there."""
        directory = f"net/ipv4/conf/{self.name}"
        return ((f"{directory}/proxy_arp_pvlan", "1"), (f"{directory}/send_redirects", "0")) if self.answers_for_all else ()


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


def make_bridge(bridge: Bridge) -> list[Change]:
    addresses = [AddAddress(bridge.name, address) for address in bridge.addresses]
    return [AddBridge(bridge.name, bridge.mac, bridge.mtu), *addresses, SetUp(bridge.name)]


def plug(interfaces: list[Interface], pid: int) -> list[Change]:
    """In the user's namespace: make each pair, its other end in the namespace of pid, and put it on its bridge."""
    changes: list[Change] = []
    for each in interfaces:
        changes += [AddVeth(each.peer, each.mtu, each.name, pid, each.mac), SetUp(each.peer, each.bridge)]
        changes += [Isolate(each.peer)] if each.isolated else []
    return changes


def configure(interfaces: list[Interface]) -> list[Change]:
    """In the container's namespace: addresses, up, one default route."""
    changes: list[Change] = [SetUp("lo")]
    for each in interfaces:
        changes += [AddAddress(each.name, address) for address in (each.address, each.address6) if address]
        changes += [AddAddress(each.name, f"{address}/{'64' if ':' in address else '16'}") for address in each.link_local]
        changes.append(SetUp(each.name))
        changes += [default_route(gateway, each.name) for gateway in (each.gateway, each.gateway6) if gateway]
    changes += [resolver_route(each.resolver, each.address.partition("/")[0]) for each in interfaces if each.resolver][:1]
    return changes


def default_route(gateway: str, name: str = "") -> Change:
    return SetRoute(gateway, name)


def uplink6(name: str, guest_address: str, host_address: str) -> list[Change]:
    """In the user's namespace: the IPv6 end of the helper's device, which it leaves to advertisements that a router does not take."""
    return [AddAddress(name, f"{guest_address}/64", replace_it=True), SetRoute(host_address, name)]


def resolver_route(gateway: str, address: str) -> Change:
    """In a container: have packets to 127.0.0.11 leave for a gateway, where the rules redirect them to the name server."""
    return SetRoute(gateway, destination=f"{nft.RESOLVER}/32", source=address, local=True)
