"""Subnets and addresses as plain numbers: what is free on this host and in a network. No I/O but the host's route table."""

from __future__ import annotations

from dockercompat.errors import InvalidSubnet, NoFreeAddress, PoolsExhausted
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_ALL_ONES = 0xFFFFFFFF


class Subnet(Record):
    """An IPv4 network: base is its first address as a number."""

    base: int
    prefix: int

    @property
    def last(self) -> int:
        return self.base | (_ALL_ONES >> self.prefix)

    def contains(self, address: int) -> bool:
        return self.base <= address <= self.last

    def holds(self, other: Subnet) -> bool:
        return self.prefix <= other.prefix and self.contains(other.base)

    def overlaps(self, other: Subnet) -> bool:
        return self.base <= other.last and other.base <= self.last

    def __str__(self) -> str:
        return f"{format_address(self.base)}/{self.prefix}"


def parse_address(text: str) -> int | None:
    """The number of a dotted IPv4 address; None for anything else."""
    words = text.split(".")
    if len(words) != 4 or not all(word.isascii() and word.isdigit() and len(word) <= 3 and int(word) < 256 for word in words):
        return None
    return int(words[0]) << 24 | int(words[1]) << 16 | int(words[2]) << 8 | int(words[3])


def format_address(address: int) -> str:
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"


def parse_subnet(text: str) -> Subnet:
    """A network in CIDR form; bits below the prefix are cleared. Raises InvalidSubnet."""
    host, slash, length = text.partition("/")
    address = parse_address(host)
    if address is None or not slash or not (length.isascii() and length.isdigit() and len(length) <= 2 and int(length) <= 32):
        raise InvalidSubnet(text)
    prefix = int(length)
    return Subnet(address & ~(_ALL_ONES >> prefix) & _ALL_ONES, prefix)


def mac_address(address: int) -> str:
    """docker's hardware address of an endpoint: 02:42 and the four bytes of its address."""
    return f"02:42:{address >> 24:02x}:{address >> 16 & 255:02x}:{address >> 8 & 255:02x}:{address & 255:02x}"


def parse_routes(table: str) -> list[Subnet]:
    """Destinations of /proc/net/route, without default routes."""
    routes = []
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) < 8:
            continue
        destination = int.from_bytes(bytes.fromhex(words[1]), "little")
        mask = int.from_bytes(bytes.fromhex(words[7]), "little")
        if mask:
            routes.append(Subnet(destination & mask, mask.bit_count()))
    return routes


def host_routes() -> list[Subnet]:
    """What this host reaches by routes of its own; [] where the table can't be read."""
    try:
        with open("/proc/net/route", encoding="utf-8") as file:
            return parse_routes(file.read())
    except OSError:
        return []


def pools() -> Iterator[Subnet]:
    """docker's default address pools, in its order: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 and on."""
    for second in range(17, 32):
        yield Subnet(172 << 24 | second << 16, 16)
    for third in range(0, 256, 16):
        yield Subnet(192 << 24 | 168 << 16 | third << 8, 20)


def pick_subnet(taken: Iterable[Subnet], choices: Iterable[Subnet] | None = None) -> Subnet:
    """The first of the choices (the default pools) that overlaps nothing taken. Raises PoolsExhausted."""
    used = list(taken)
    for subnet in pools() if choices is None else choices:
        if not any(subnet.overlaps(other) for other in used):
            return subnet
    raise PoolsExhausted


def pick_address(subnet: Subnet, taken: Collection[int], within: Subnet | None = None) -> int:
    """The lowest address that is neither taken nor the subnet's first or last. Raises NoFreeAddress.

    within  the part of the subnet to look in
    """
    part = within or subnet
    for address in range(part.base, part.last + 1):
        if address not in taken and (subnet.prefix >= 31 or subnet.base < address < subnet.last):
            return address
    raise NoFreeAddress


def uplink_subnet(taken: Iterable[Subnet]) -> Subnet:
    """The network between the user's namespace and its helper: 10.0.2.0/24, or another one where the host uses that."""
    used = list(taken)
    choices = [Subnet(10 << 24 | 2 << 8, 24)] + [Subnet(10 << 24 | second << 16 | 2 << 8, 24) for second in range(41, 250, 8)]
    try:
        return pick_subnet(used, choices)
    except PoolsExhausted:
        return choices[0]
