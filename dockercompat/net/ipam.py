"""Subnets and addresses as plain numbers: what is free on this host and in a network. No I/O but the host's route tables."""

from __future__ import annotations

from _socket import AF_INET6, inet_ntop, inet_pton

from dockercompat.errors import InvalidSubnet, NoFreeAddress, PoolsExhausted
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_ALL_ONES = 0xFFFFFFFF


class Subnet(Record):
    """A network: base is its first address as a number of so many bits, 32 for IPv4 and 128 for IPv6."""

    base: int
    prefix: int
    bits: int = 32

    @property
    def last(self) -> int:
        return self.base | ((1 << (self.bits - self.prefix)) - 1)

    def contains(self, address: int) -> bool:
        return self.base <= address <= self.last

    def holds(self, other: Subnet) -> bool:
        return self.bits == other.bits and self.prefix <= other.prefix and self.contains(other.base)

    def overlaps(self, other: Subnet) -> bool:
        return self.bits == other.bits and self.base <= other.last and other.base <= self.last

    def find(self, text: str) -> int | None:
        """The number of an address that lies in this network; None for any other text."""
        number = parse_address6(text) if self.bits == 128 else parse_address(text)
        return number if number is not None and self.contains(number) else None

    def format(self, address: int) -> str:
        return format_address6(address) if self.bits == 128 else format_address(address)

    def __str__(self) -> str:
        return f"{self.format(self.base)}/{self.prefix}"


def parse_address(text: str) -> int | None:
    """The number of a dotted IPv4 address; None for anything else."""
    words = text.split(".")
    if len(words) != 4 or not all(word.isascii() and word.isdigit() and len(word) <= 3 and int(word) < 256 for word in words):
        return None
    return int(words[0]) << 24 | int(words[1]) << 16 | int(words[2]) << 8 | int(words[3])


def format_address(address: int) -> str:
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"


def parse_address6(text: str) -> int | None:
    """The number of an IPv6 address without a zone; None for anything else."""
    try:
        return int.from_bytes(inet_pton(AF_INET6, text), "big")
    except (OSError, ValueError):
        return None


def format_address6(address: int) -> str:
    return inet_ntop(AF_INET6, address.to_bytes(16, "big"))


def parse_subnet(text: str) -> Subnet:
    """A network in CIDR form; bits below the prefix are cleared. Raises InvalidSubnet."""
    host, slash, length = text.partition("/")
    bits = 128 if ":" in host else 32
    address = parse_address6(host) if bits == 128 else parse_address(host)
    if address is None or not slash or not (length.isascii() and length.isdigit() and len(length) <= 3 and int(length) <= bits):
        raise InvalidSubnet(text)
    prefix = int(length)
    return Subnet(address >> (bits - prefix) << (bits - prefix), prefix, bits)


def mac_address(address: int) -> str:
    """docker's hardware address of an endpoint: 02:42 and the last four bytes of its address."""
    address &= _ALL_ONES
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


def host_routes6() -> list[Subnet]:
    """The same of IPv6, without link-local and multicast ones."""
    routes = []
    try:
        with open("/proc/net/ipv6_route", encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    for line in lines:
        words = line.split()
        prefix = int(words[1], 16)
        if prefix and words[-1] != "lo" and words[0][:2] not in ("fe", "ff"):
            routes.append(Subnet(int(words[0], 16), prefix, 128))
    return routes


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


def parts(pool: Subnet, prefix: int) -> Iterator[Subnet]:
    """The subnets of a size that a pool is made of, lowest first."""
    for base in range(pool.base, pool.last + 1, 1 << (pool.bits - prefix)):
        yield Subnet(base, prefix, pool.bits)


def unique_local_pool(seed: str) -> Subnet:
    """The fd00::/8 prefix of 48 bits that is this seed's: networks that ask for IPv6 and bring no subnet get a /64 of it (RFC 4193)."""
    import hashlib

    return Subnet(0xFD << 120 | int.from_bytes(hashlib.sha256(seed.encode()).digest()[:5], "big") << 80, 48, 128)


def pick_address(subnet: Subnet, taken: Collection[int], within: Subnet | None = None) -> int:
    """The lowest address that is neither taken nor the subnet's first or last. Raises NoFreeAddress.

    within  the part of the subnet to look in
    """
    part = within or subnet
    for address in range(part.base, part.last + 1):
        if address not in taken and is_usable(subnet, address):
            return address
    raise NoFreeAddress


def is_usable(subnet: Subnet, address: int) -> bool:
    """Whether an address may be a host's: neither the network's own nor, with IPv4, that of all its hosts."""
    if subnet.bits - subnet.prefix <= 1:
        return True
    return subnet.base < address and (subnet.bits == 128 or address < subnet.last)


def uplink_subnet(taken: Iterable[Subnet]) -> Subnet:
    """The network between the user's namespace and its helper: 10.0.2.0/24, or another one where the host uses that."""
    used = list(taken)
    choices = [Subnet(10 << 24 | 2 << 8, 24)] + [Subnet(10 << 24 | second << 16 | 2 << 8, 24) for second in range(41, 250, 8)]
    try:
        return pick_subnet(used, choices)
    except PoolsExhausted:
        return choices[0]
