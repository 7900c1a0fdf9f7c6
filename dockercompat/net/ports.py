"""Which port of the host a container port is published on, and why one can't be had."""

from __future__ import annotations

import errno

from dockercompat.errors import InvalidParameter
from dockercompat.record import Record
from dockercompat.spec.port import normal_ip, parse_key, parse_range

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

ANY = "0.0.0.0"
ANY6 = "::"
_WILDCARDS = (ANY, ANY6)


class Wanted(Record):
    """A container port to publish: on one port of the host, or on any free one from first to last, which is the same on all of host_ips."""

    protocol: str
    container_port: int
    host_ips: tuple[str, ...]
    first: int
    last: int

    @property
    def fixed(self) -> bool:
        return self.first == self.last


class Published(Record):
    """A container port with its place on the host."""

    protocol: str
    host_ip: str
    host_port: int
    container_port: int

    @property
    def listener(self) -> tuple[str, str, int]:
        return self.protocol, self.host_ip, self.host_port


def wanted(
    port_bindings: Mapping[str, Any] | None, exposed: Iterable[str], publish_all: bool, dynamic: tuple[int, int], default_ip: str = ANY
) -> list[Wanted]:
    """What HostConfig.PortBindings, and with publish_all the exposed ports, ask for.

    dynamic     first and last port of the host's range for ports that nobody chose
    default_ip  address of the host for ports that name none
    Raises      InvalidParameter
    """
    found: list[Wanted] = []
    both = (ANY, ANY6) if _has_ipv6() else (ANY,)
    bindings = dict(port_bindings or {})
    if publish_all:
        for key in exposed:
            bindings.setdefault(key, [{"HostIp": "", "HostPort": ""}])
    for key, places in sorted(bindings.items(), key=lambda item: parse_key(item[0])):
        number, protocol = parse_key(key)
        for place in places or [{}]:
            host_ip, host_port = normal_ip(place.get("HostIp") or "") or default_ip, str(place.get("HostPort") or "")
            if protocol == "sctp":
                raise InvalidParameter(f"cannot publish {key}: ports of tcp and udp are published only")
            first, last = dynamic if host_port in ("", "0") else parse_range(host_port)
            found.append(Wanted(protocol, number, both if (host_ip, place.get("HostIp") or "") == (ANY, "") else (host_ip,), first, last))
    return sorted(found, key=lambda each: not each.fixed)  # stable: those with one choice choose first


def _has_ipv6() -> bool:
    """Whether a port can be had on IPv6: it is on for the loopback."""
    try:
        with open("/proc/sys/net/ipv6/conf/lo/disable_ipv6", encoding="utf-8") as file:
            return file.read() == "0\n"
    except OSError:
        return False


def dynamic_range() -> tuple[int, int]:
    """The host's range of ports for those who don't care which."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="utf-8") as file:
            first, last = file.read().split()
        return int(first), int(last)
    except (OSError, ValueError):
        return 49153, 65535


def in_the_way(want: Wanted, host_port: int, taken: Iterable[tuple[str, str, int]]) -> str:
    """The address on which another published port has this place already, "" for none; 0.0.0.0 and :: meet all others of their kind."""
    for protocol, ip, port in taken:
        if protocol == want.protocol and port == host_port and any(_meet(ip, each) for each in want.host_ips):
            return ip
    return ""


def _meet(one: str, other: str) -> bool:
    return one == other or ((":" in one) == (":" in other) and (one in _WILDCARDS or other in _WILDCARDS))


def candidates(want: Wanted, taken: Iterable[tuple[str, str, int]]) -> Iterator[int]:
    """The ports of the host that no other container has, lowest first."""
    others = [each for each in taken if each[0] == want.protocol and any(_meet(each[1], ip) for ip in want.host_ips)]
    busy = {port for _, _, port in others}
    for port in range(want.first, want.last + 1):
        if port not in busy:
            yield port


def why_not(refusal: OSError, host_port: int) -> str:
    """Why the host does not let this user listen there, in the C library's words ("address already in use")."""
    if refusal.errno == errno.EACCES and host_port < 1024:
        remedy = f"sudo sysctl -w net.ipv4.ip_unprivileged_port_start={host_port}"
        return f"permission denied: users may not use ports below 1024 here; `{remedy}` allows it"
    words = {
        errno.EADDRINUSE: "address already in use",
        errno.EADDRNOTAVAIL: "cannot assign requested address",
        errno.EACCES: "permission denied",
    }
    return words.get(refusal.errno or 0, refusal.strerror or str(refusal))


def to_json(published: Iterable[Published], exposed: Iterable[str]) -> dict[str, list[dict[str, str]] | None]:
    """docker's NetworkSettings.Ports; exposed ports that nobody published are null."""
    ports: dict[str, list[dict[str, str]] | None] = dict.fromkeys(exposed)
    for each in published:
        places = ports.get(f"{each.container_port}/{each.protocol}") or []
        places.append({"HostIp": each.host_ip, "HostPort": str(each.host_port)})
        ports[f"{each.container_port}/{each.protocol}"] = places
    return ports
