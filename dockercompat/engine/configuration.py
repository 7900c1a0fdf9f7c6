"""What daemon.json says about networks and names: read by the command that needs it, with docker's own words for what is wrong in it."""

from __future__ import annotations

from dockercompat import json
from dockercompat.errors import InvalidSubnet
from dockercompat.net import dns, ipam
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from dockercompat.engine.engine import Engine

_BRIDGE_KEYS = {  # of the default network
    "bip": "string",
    "bip6": "string",
    "default-gateway": "string",
    "default-gateway-v6": "string",
    "fixed-cidr": "string",
    "fixed-cidr-v6": "string",
    "icc": "bool",
    "ip": "string",
    "ip-masq": "bool",
    "ipv6": "bool",
    "mtu": "int",
}
_KEYS = {
    **_BRIDGE_KEYS,
    "default-address-pools": "[]any",
    "default-network-opts": "map[string]map[string]string",
    "dns": "[]string",
    "dns-opts": "[]string",
    "dns-search": "[]string",
    "host-gateway-ip": "string",
    "host-gateway-ips": "[]string",
}
_HEEDED_ELSEWHERE = ("builder", "insecure-registries", "registry-mirrors")
_ADDRESSES = ("default-gateway", "default-gateway-v6", "host-gateway-ip", "ip")


class Configuration(Record):
    """What daemon.json says, empty for what it does not name.

    pools          default-address-pools: (pool, prefix length of the subnets to take from it) pairs
    options        default-network-opts: driver -> options of its networks
    resolver       servers, search domains and options of resolv.conf for containers that ask for none
    host_gateways  what host-gateway means in --add-host
    bridge         the keys of the default network
    """

    pools: tuple[tuple[ipam.Subnet, int], ...] = ()
    options: Mapping[str, Mapping[str, str]] = {}
    resolver: dns.Resolver = dns.Resolver()
    host_gateways: tuple[str, ...] = ()
    bridge: Mapping[str, Any] = {}

    @property
    def bridge_text(self) -> str:
        """What tells whether the default network is still what is wanted."""
        return json.dumps(dict(sorted(self.bridge.items())))


def load(engine: Engine) -> Configuration:
    """Raises  InvalidConfiguration for a file that can't be read or is no JSON, and for what docker would not start with"""
    path = engine.settings.daemon_json
    document = _document(path)
    return Configuration() if document is None else _parse(path, document)


def _document(path: str) -> Any:
    """What the file has, None where there is none."""
    from dockercompat.distribution.policy import InvalidConfiguration
    from dockercompat.host.files import read_text

    text = read_text(path) if path else ""
    if not text.strip():
        return None
    from dockercompat.spec import go_json

    try:
        return go_json.loads(text)
    except go_json.InvalidJson as error:
        raise InvalidConfiguration(path, str(error)) from None


def warnings(engine: Engine) -> list[str]:
    """A sentence for each key that has no effect, for `docker info`. Raises InvalidConfiguration"""
    path = engine.settings.daemon_json
    given = _document(path) or {}
    return [f"WARNING: {path}: {key} has no effect" for key in sorted(given) if key not in _KEYS and key not in _HEEDED_ELSEWHERE]


def _parse(path: str, document: Any) -> Configuration:
    from dockercompat.distribution.policy import InvalidConfiguration
    from dockercompat.spec import go_json

    found, complaint = go_json.fill(go_json.Shape("config.Config", _KEYS), document)
    complaint = complaint or _problem(found)
    if complaint:
        raise InvalidConfiguration(path, complaint)
    try:
        return Configuration(
            pools=tuple(_pool(each) for each in found.get("default-address-pools") or ()),
            options=found.get("default-network-opts") or {},
            resolver=dns.Resolver(*(tuple(found.get(key) or ()) for key in ("dns", "dns-search", "dns-opts"))),
            host_gateways=tuple(found.get("host-gateway-ips") or filter(None, [found.get("host-gateway-ip")])),
            bridge={key: found[key] for key in _BRIDGE_KEYS if found.get(key) not in (None, "", 0) or found.get(key) is False},
        )
    except ValueError as error:
        raise InvalidConfiguration(path, str(error)) from None


def _problem(found: Mapping[str, Any]) -> str:
    """What docker's own checks would say, "" for nothing."""
    addresses = [found[key] for key in _ADDRESSES if found.get(key)]
    for each in [*addresses, *(found.get("dns") or ()), *(found.get("host-gateway-ips") or ())]:
        if ipam.parse_address(each) is None and ipam.parse_address6(each) is None:
            return f"invalid IP address: {each}"
    if (found.get("mtu") or 0) < 0:
        return f"invalid default MTU: {found['mtu']}"
    for each in found.get("dns-search") or ():
        if not each or any(letter.isspace() for letter in each):
            return f"{each} is not a valid domain"
    for key in ("bip", "bip6", "fixed-cidr", "fixed-cidr-v6"):
        if found.get(key):
            try:
                ipam.parse_subnet(found[key])
            except InvalidSubnet:
                return f"parse {key} failed: invalid CIDR address: {found[key]}"
    for gateway, subnet, name in (("default-gateway", "bip", "DefaultGatewayIPv4"), ("default-gateway-v6", "bip6", "DefaultGatewayIPv6")):
        if found.get(gateway) and found.get(subnet) and ipam.parse_subnet(found[subnet]).find(found[gateway]) is None:
            pool = ipam.parse_subnet(found[subnet])
            return f"auxiliary address: ({name}:{found[gateway]}) must belong to the master pool: {pool}"
    return ""


def _pool(given: Any) -> tuple[ipam.Subnet, int]:
    base, size = (given.get("base"), given.get("size")) if isinstance(given, dict) else (None, None)
    try:
        pool = ipam.parse_subnet(str(base))
    except InvalidSubnet:
        raise ValueError(f"invalid base pool {base!r}") from None
    if isinstance(size, bool) or not isinstance(size, int) or not pool.prefix <= size <= pool.bits:
        raise ValueError(f"invalid pools size: {size}")
    return pool, size


def default_bridge(bridge: Mapping[str, Any], pick: Callable[[int], ipam.Subnet]) -> tuple[list[dict[str, Any]], dict[int, bool]]:
    """IPAM.Config of the default network, and by bits for which families a person chose the subnet.

    bridge  the keys of daemon.json
    pick    chooses a free subnet of a family: 32 or 128 bits
    """
    found, given = [], {}
    for bits, keys in ((32, ("bip", "fixed-cidr", "default-gateway")), (128, ("bip6", "fixed-cidr-v6", "default-gateway-v6"))):
        own, part, way_out = (str(bridge.get(key) or "") for key in keys)
        if bits == 128 and not bridge.get("ipv6"):
            continue
        given[bits] = bool(own or part)
        if not given[bits]:
            subnet = pick(bits)
            config: dict[str, Any] = {"Subnet": str(subnet), "Gateway": subnet.format(subnet.base + 1)}
        else:
            config = {"Subnet": str(ipam.parse_subnet(own or part))}
            if part:
                config["IPRange"] = str(ipam.parse_subnet(part))
            if own:
                config["Gateway"] = own.partition("/")[0]
        if way_out:
            config["AuxiliaryAddresses"] = {f"DefaultGatewayIPv{4 if bits == 32 else 6}": way_out}
        found.append(config)
    return found, given
