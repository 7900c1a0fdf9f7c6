"""The networks' SQL: rows, the three that always exist, and how a person's words find one."""

from __future__ import annotations

import os
import time

from dockercompat import json
from dockercompat.engine import configuration
from dockercompat.errors import AmbiguousId, NoSuchNetwork
from dockercompat.net import ipam, links
from dockercompat.record import Record
from dockercompat.spec import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.engine import Engine

DEFAULT = "bridge"
DEFAULT_BRIDGE = "docker0"
HOST_BINDING = "com.docker.network.bridge.host_binding_ipv4"
ICC = "com.docker.network.bridge.enable_icc"
MTU = "com.docker.network.driver.mtu"
LINK_PREFIX = "com.docker.network.container_iface_prefix"
MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade"
INHIBIT_IPV4 = "com.docker.network.bridge.inhibit_ipv4"
GATEWAY_MODES = {32: "com.docker.network.bridge.gateway_mode_ipv4", 128: "com.docker.network.bridge.gateway_mode_ipv6"}
PREDEFINED = ("bridge", "host", "none")
GIVEN = {32: 1, 128: 2}
TRUE_WORDS = ("1", "t", "T", "TRUE", "true", "True")
FALSE_WORDS = ("0", "f", "F", "FALSE", "false", "False")
_SHAPE = "default_bridge"  # the setting that has the keys of daemon.json which the default network was made by
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
            given = shape_default(engine, network) if name == DEFAULT else 0
            insert(engine, network, DEFAULT_BRIDGE if name == DEFAULT else "", subnet_given=given)


def shape_default(engine: Engine, network: dict[str, Any]) -> int:
    """Make a document of the default network what daemon.json asks for, in a transaction; the sum of GIVEN's numbers for it."""
    wanted = configuration.load(engine)
    others = subnets([row for row in rows(engine) if row["name"] != DEFAULT])

    def choose(bits: int) -> ipam.Subnet:
        return pick(engine, [*(ipam.host_routes() if bits == 32 else ipam.host_routes6()), *others], bits=bits)

    network["IPAM"]["Config"], given = configuration.default_bridge(wanted.bridge, choose)
    network["EnableIPv6"] = 128 in given
    network["Options"] = {
        "com.docker.network.bridge.default_bridge": "true",
        ICC: str(wanted.bridge.get("icc", True)).lower(),
        MASQUERADE: str(wanted.bridge.get("ip-masq", True)).lower(),
        HOST_BINDING: wanted.bridge.get("ip") or "0.0.0.0",
        "com.docker.network.bridge.name": DEFAULT_BRIDGE,
        MTU: str(wanted.bridge.get("mtu") or links.MTU),
    }
    engine.db.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", (_SHAPE, wanted.bridge_text))
    return sum(GIVEN[bits] for bits, is_given in given.items() if is_given)


def default_is_outdated(engine: Engine, wanted: configuration.Configuration) -> bool:
    """Whether daemon.json asks for another default network than there is."""
    row = engine.db.one("SELECT value FROM settings WHERE key = ?", (_SHAPE,))
    return wanted.bridge_text != (row["value"] if row is not None else configuration.Configuration().bridge_text)


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


def insert(engine: Engine, network: dict[str, Any], bridge: str, *, subnet_given: int) -> None:
    """subnet_given: the sum of GIVEN's numbers for the families whose subnet a person chose."""
    engine.db.execute(
        "INSERT INTO networks (id, name, driver, bridge, subnet_given, created_ns, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (network["Id"], network["Name"], network["Driver"], bridge, subnet_given, time.time_ns(), json.dumps(network)),
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


class Pool(Record):
    """Where a network's addresses of one family come from, and what is not given out.

    gateway   number of the bridge's address, -1 for a network without one
    reserved  numbers that a person kept for other uses (network create --aux-address)
    way_out   address that containers' default routes lead to, where that is not the bridge's (aux-address DefaultGatewayIPv4)
    within    the part of the subnet that addresses which nobody asked for come from, None for all of it
    """

    subnet: ipam.Subnet
    gateway: int
    reserved: tuple[int, ...] = ()
    within: ipam.Subnet | None = None
    way_out: str = ""

    @property
    def gateway_address(self) -> str:
        return "" if self.gateway < 0 else self.subnet.format(self.gateway)

    @property
    def default_route(self) -> str:
        return self.way_out or self.gateway_address


def pool(row: Row, *, bits: int = 32) -> Pool | None:
    """A network's IPv4 (32 bits) or IPv6 (128) pool; None where it has none, by its subnets or by its switches."""
    network = json.loads(row["body"])
    if not network["EnableIPv6" if bits == 128 else "EnableIPv4"]:
        return None
    for config in network["IPAM"]["Config"] or ():
        if config.get("Subnet") and (":" in config["Subnet"]) == (bits == 128):
            return pool_of(config, has_gateway=not is_isolated(row, bits=bits))
    return None


def pool_of(config: Mapping[str, Any], *, has_gateway: bool = True) -> Pool:
    """The pool that an IPAM.Config entry means: where nobody chose a gateway it is the first address that may be given out."""
    subnet = ipam.parse_subnet(config["Subnet"])
    within = ipam.parse_subnet(config["IPRange"]) if config.get("IPRange") else None
    auxiliary: dict[str, str] = config.get("AuxiliaryAddresses") or {}
    kept = tuple(number for text in auxiliary.values() if (number := subnet.find(text)) is not None)
    gateway = -1
    if has_gateway:
        chosen = subnet.find(config.get("Gateway") or "")
        gateway = ipam.pick_address(subnet, (), within) if chosen is None else chosen
    return Pool(subnet, gateway, kept, within, auxiliary.get("DefaultGatewayIPv6" if subnet.bits == 128 else "DefaultGatewayIPv4") or "")


def ipv4_config(row: Row) -> dict[str, str]:
    """Subnet and gateway of a network; {} when it has no IPv4."""
    found = pool(row)
    return {"Subnet": str(found.subnet), "Gateway": found.gateway_address} if found else {}


def pools(row: Row) -> list[Pool]:
    return [each for bits in (32, 128) if (each := pool(row, bits=bits)) is not None]


def is_isolated(row: Row, *, bits: int = 32) -> bool:
    """Whether not even the bridge has an address (gateway_mode_ipv4=isolated)."""
    return options_of(row).get(GATEWAY_MODES[bits]) == "isolated"


def subnets(network_rows: Iterable[Row]) -> list[ipam.Subnet]:
    """The subnets of networks, without those of templates (network create --config-only), which no bridge has."""
    found = []
    for row in network_rows:
        network = json.loads(row["body"])
        for config in () if network["ConfigOnly"] else network["IPAM"]["Config"] or ():
            if config.get("Subnet"):
                found.append(ipam.parse_subnet(config["Subnet"]))
    return found


def bridge_of(row: Row) -> links.Bridge:
    found = pools(row)
    addresses = [f"{each.gateway_address}/{each.subnet.prefix}" for each in found if each.gateway >= 0]
    if is_true(options_of(row).get(INHIBIT_IPV4)):
        addresses = [each for each in addresses if ":" in each]
    mac = ipam.mac_address(next((each.gateway if each.gateway >= 0 else each.subnet.base for each in found), 0))
    return links.Bridge(row["bridge"], tuple(addresses), mac, mtu_of(row), answers_for_all=not has_icc(row))


def has_icc(row: Row) -> bool:
    """Whether a network's containers may reach each other."""
    return options_of(row).get(ICC) not in FALSE_WORDS


def has_ipv6(engine: Engine) -> bool:
    """Whether any network has IPv6 addresses."""
    return any(pool(row, bits=128) is not None for row in bridged(engine))


def bridged(engine: Engine) -> list[Row]:
    """Networks that have a bridge in the user's namespace."""
    return [row for row in all_rows(engine) if row["bridge"]]


def is_internal(row: Row) -> bool:
    return bool(json.loads(row["body"])["Internal"])


class WayIn(Record):
    """The addresses of a container that its published ports lead to, of each family that in its first network which is not internal."""

    address: str = ""
    address6: str = ""

    def target(self, host_ip: str) -> str:
        """Where a port on an address of the host leads: into IPv6 from there if it can, as docker's proxy has it; "" for nowhere."""
        return self.address6 or self.address if ":" in host_ip else self.address

    @property
    def is_none(self) -> bool:
        return not self.address and not self.address6


def way_in(engine: Engine, container_id: str) -> WayIn:
    sql = (
        "SELECT a.address, a.address6, n.body FROM addresses a JOIN networks n ON n.id = a.network_id"
        " WHERE a.container_id = ? ORDER BY a.rowid"
    )
    open_rows = [row for row in engine.db.all(sql, (container_id,)) if not is_internal(row)]
    return WayIn(*(next((str(row[key]) for row in open_rows if row[key]), "") for key in ("address", "address6")))


def options_of(row: Row) -> dict[str, str]:
    """The driver options of a network (network create --opt)."""
    found: dict[str, str] | None = json.loads(row["body"])["Options"]
    return found or {}


def is_true(text: str | None) -> bool:
    """An option's value as Go's ParseBool reads it; False for what it does not."""
    return text in TRUE_WORDS


def mtu_of(row: Row) -> int:
    """The packet size of a network's links."""
    text = options_of(row).get(MTU, "")
    return int(text) if text.isascii() and text.isdigit() and 68 <= int(text) <= 65535 else links.MTU


def automatic(subnet: ipam.Subnet) -> dict[str, str]:
    """The IPAM.Config entry of a subnet that nobody chose."""
    return {"Subnet": str(subnet), "Gateway": subnet.format(subnet.base + 1)}


def pick(engine: Engine, taken: Iterable[ipam.Subnet], *, bits: int = 32) -> ipam.Subnet:
    """A free subnet of the pools that daemon.json names (default-address-pools), of docker's own where it names none of that family."""
    chosen = [each for each in configuration.load(engine).pools if each[0].bits == bits]
    if chosen:
        choices: Iterable[ipam.Subnet] = (part for base, size in chosen for part in ipam.parts(base, size))
    elif bits == 128:
        choices = ipam.parts(ipam.unique_local_pool(f"{engine.paths.data_dir} {os.getuid()} {_machine()}"), 64)
    else:
        choices = ipam.pools()
    return ipam.pick_subnet(taken, choices)


def _machine() -> str:
    try:
        with open("/etc/machine-id", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return os.uname().nodename
