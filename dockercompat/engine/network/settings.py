"""What a container may ask of one network (the API's EndpointSettings), checked in docker's order and words."""

from __future__ import annotations

from dockercompat.engine.network import store
from dockercompat.errors import InvalidParameter
from dockercompat.net import ipam
from dockercompat.spec import option
from dockercompat.spec.port import is_ip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Row
    from typing import Any

LINK_NAME = "com.docker.network.endpoint.ifname"
SYSCTLS = "com.docker.network.endpoint.sysctls"
_FAMILIES = ("ipv4", "ipv6", "mpls")
_PLACEHOLDERS = ("IFNAME", "ifname")


def check(ref: str, network: Row | None, settings: Mapping[str, Any], *, prefix: str = "") -> None:
    """Raise InvalidParameter with all that is wrong.

    ref      the network as it was asked for
    network  its row, None where there is no such network (the start of the container will say so)
    prefix   what docker says before "invalid endpoint settings"
    """
    mac = settings.get("MacAddress") or ""
    if mac and not option.is_mac(mac):
        raise InvalidParameter(f"{prefix}invalid MAC address {mac}")
    problems = _problems(ref, network, settings)
    if problems:
        lines = "\n".join(f"* {each}" for each in problems) if len(problems) > 1 else problems[0]
        raise InvalidParameter(f"{prefix}invalid endpoint settings:\n{lines}")


def _problems(ref: str, network: Row | None, settings: Mapping[str, Any]) -> list[str]:
    problems = []
    addresses = settings.get("IPAMConfig") or {}
    ipv4, ipv6 = addresses.get("IPv4Address") or "", addresses.get("IPv6Address") or ""
    if not option.is_user_defined(network["name"] if network is not None else ref):
        if ipv4 or ipv6:
            problems.append("user specified IP address is supported on user defined networks only")
        if settings.get("Aliases"):
            problems.append("network-scoped alias is supported only for containers in user defined networks")
    if ipv4 and (":" in ipv4 or not is_ip(ipv4) or not ipam.parse_address(ipv4)):
        problems.append(f"invalid IPv4 address: {ipv4}")
    if ipv6 and (":" not in ipv6 or not is_ip(ipv6)):
        problems.append(f"invalid IPv6 address: {ipv6}")
    problems += [f"invalid link-local IP address: {address}" for address in addresses.get("LinkLocalIPs") or () if not is_ip(address)]
    problems += _problems_of_sysctls((settings.get("DriverOpts") or {}).get(SYSCTLS))
    if network is not None:
        static = "user specified IP address is supported only when connecting to networks with user configured subnets"
        if ipv4 and not _subnet_given(network, 32):
            problems.append(static)
        elif ipv4 and not _contains(network, ipv4, 32):
            problems.append(f"no configured subnet or ip-range contain the IP address {ipv4}")
        if ipv6 and not _subnet_given(network, 128):
            problems.append(static)
        elif ipv6 and not _contains(network, ipv6, 128):
            problems.append(f"no configured subnet or ip-range contain the IP address {ipv6}")
    return problems


def _subnet_given(network: Row, bits: int) -> bool:
    """Whether a person chose the network's subnet of this family; of the default network, in daemon.json."""
    return bool(network["subnet_given"] & store.GIVEN[bits])


def _contains(network: Row, address: str, bits: int) -> bool:
    """Whether a subnet that was given holds it, also one of a family that the network does not speak: no address is taken then."""
    return any(subnet.bits == bits and subnet.find(address) is not None for subnet in store.subnets([network]))


def _problems_of_sysctls(text: str | None) -> list[str]:
    problems = []
    for each in () if text is None else text.split(","):
        words = each.split(".", 4)
        if len(words) != 5 or words[1] not in _FAMILIES or words[3] not in _PLACEHOLDERS:
            problems.append(
                f"unrecognised network interface sysctl '{each}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', "
                "'X' must be 'ipv4', 'ipv6' or 'mpls'"
            )
    return problems


def sysctls(settings: Mapping[str, Any], link: str) -> tuple[tuple[str, str], ...]:
    """What was asked to be written for an interface, once it has its name: (file under /proc/sys, value) pairs."""
    found = []
    for each in filter(None, ((settings.get("DriverOpts") or {}).get(SYSCTLS) or "").split(",")):
        words = each.split(".", 4)
        name, _, value = words[4].partition("=")
        found.append(("/".join((*words[:3], link, name.replace(".", "/"))), value))
    return tuple(found)


def link_names(networks: list[tuple[Row, Mapping[str, Any]]], taken: list[str]) -> list[str]:
    """Names for interfaces in a container: the one that the endpoint asks for, or the network's prefix with the first free number."""
    names: list[str] = []
    for network, settings in networks:
        name = (settings.get("DriverOpts") or {}).get(LINK_NAME) or ""
        if not name:
            prefix = store.options_of(network).get(store.LINK_PREFIX) or "eth"
            name = next(f"{prefix}{number}" for number in range(1000) if f"{prefix}{number}" not in (*taken, *names))
        if problem := _problem_of_name(name, (*taken, *names)):
            raise InvalidParameter(f'failed to add interface to sandbox: error renaming interface to "{name}": {problem}')
        names.append(name)
    return names


def check_mac(mac: str) -> None:
    """Raise InvalidParameter for the address of a group, which no interface may have."""
    if int(mac[:2] or "0", 16) & 1:
        raise InvalidParameter(
            f'failed to add interface to sandbox: error setting interface MAC to "{mac}": cannot assign requested address'
        )


def _problem_of_name(name: str, taken: tuple[str, ...]) -> str:
    if len(name) > 15:
        return "numerical result out of range"
    if name in (".", "..") or any(letter in "/:" or letter.isspace() for letter in name):
        return "invalid argument"
    return "file exists" if name in (*taken, "lo") else ""
