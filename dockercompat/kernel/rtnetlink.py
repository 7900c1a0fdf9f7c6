"""Links, addresses, routes and rules of a network namespace, changed and listed by rtnetlink: no program is started for them.

A change is a value: describe() says it as `ip` would be told it, apply() makes it. Names of links are looked up when it is made.

Spec  netlink(7), rtnetlink(7), linux/if_link.h, linux/if_addr.h, linux/rtnetlink.h, linux/fib_rules.h
"""

from __future__ import annotations

import _socket
import _struct

from dockercompat.errors import KernelRefused
from dockercompat.kernel.netns import within
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GROUP_LINK = 1  # RTMGRP_LINK: news of links that come and go
SCOPE_LINK = 253

_AF_NETLINK = 16
_SOL_NETLINK, _CAP_ACK, _EXT_ACK = 270, 10, 11
_REQUEST, _ACK, _REPLACE, _EXCL, _CREATE, _DUMP = 1, 4, 0x100, 0x200, 0x400, 0x300
_HAS_MESSAGE, _MESSAGE = 0x200, 1  # NLM_F_ACK_TLVS, NLMSGERR_ATTR_MSG
_ERROR, _DONE = 2, 3
_NEWLINK, _DELLINK, _GETLINK, _NEWADDR, _GETADDR, _NEWROUTE, _NEWRULE = 16, 17, 18, 20, 22, 24, 32
_IFF_UP = 1
_NODAD = 2
_UNIVERSE, _HOST = 0, 254
_MAIN_TABLE, _LOCAL_TABLE = 254, 255
_BOOT = 3  # routes of commands, as against those of the kernel and of daemons
_UNICAST, _LOCAL = 1, 2
_HEADER = _struct.Struct("=IHHII")
_LINK = _struct.Struct("=BxHiII")
_ADDRESS = _struct.Struct("=BBBBI")
_ROUTE = _struct.Struct("=BBBBBBBBI")  # a rule's header too
_ATTRIBUTE = _struct.Struct("=HH")
_NUMBER = _struct.Struct("=I")


class Link(Record):
    """A link there is: kind is bridge, veth ... or "" for one of no kind (the loopback)."""

    index: int
    name: str
    kind: str


class Address(Record):
    """An address there is, with its prefix (10.0.0.2/24), of a link; scope 0 is the world, SCOPE_LINK and above no more than the link."""

    index: int
    cidr: str
    scope: int


class Change(Record):
    """Something to be done in a namespace."""

    def describe(self) -> str:
        """It, as `ip` would be told."""
        raise NotImplementedError

    def request(self, socket: Socket) -> tuple[int, int, bytes]:
        """Type, flags and body of the message."""
        raise NotImplementedError


class AddBridge(Change):
    name: str
    mac: str
    mtu: int

    def describe(self) -> str:
        return f"link add {self.name} mtu {self.mtu} address {self.mac} type bridge"

    def request(self, socket: Socket) -> tuple[int, int, bytes]:
        attributes = _name(self.name) + _number(4, self.mtu) + _mac(self.mac) + _nest(18, _text(1, "bridge"))
        return _NEWLINK, _CREATE | _EXCL, _LINK.pack(0, 0, 0, 0, 0) + attributes


class AddVeth(Change):
    """A pair of links, one of them (peer) in the network namespace of a process."""

    name: str
    mtu: int
    peer: str
    peer_pid: int
    peer_mac: str

    def describe(self) -> str:
        peer = f"{self.peer} netns {self.peer_pid} mtu {self.mtu} address {self.peer_mac}"
        return f"link add {self.name} mtu {self.mtu} type veth peer name {peer}"

    def request(self, socket: Socket) -> tuple[int, int, bytes]:
        empty = _LINK.pack(0, 0, 0, 0, 0)
        peer = empty + _name(self.peer) + _number(4, self.mtu) + _mac(self.peer_mac) + _number(19, self.peer_pid)
        kind = _text(1, "veth") + _nest(2, _nest(1, peer))
        return _NEWLINK, _CREATE | _EXCL, empty + _name(self.name) + _number(4, self.mtu) + _nest(18, kind)


class SetUp(Change):
    """Switch a link on, as a member of a bridge if one is named."""

    name: str
    master: str = ""

    def describe(self) -> str:
        return f"link set {self.name}{f' master {self.master}' if self.master else ''} up"

    def request(self, socket: Socket) -> tuple[int, int, bytes]:
        master = _number(10, socket.index(self.master)) if self.master else b""
        return _NEWLINK, 0, _LINK.pack(0, 0, socket.index(self.name), _IFF_UP, _IFF_UP) + master


class Isolate(Change):
    """Keep a bridge's member from others that are isolated as well."""

    name: str

    def describe(self) -> str:
        return f"link set {self.name} type bridge_slave isolated on"

    def request(self, socket: Socket) -> tuple[int, int, bytes]:
        return (
            _NEWLINK,
            0,
            _LINK.pack(0, 0, socket.index(self.name), 0, 0) + _nest(18, _text(4, "bridge") + _nest(5, _attribute(33, b"\1"))),
        )


class DeleteLink(Change):
    name: str

    def describe(self) -> str:
        return f"link del {self.name}"

    def request(self, socket: Socket) -> tuple[int, int, bytes]:
        return _DELLINK, 0, _LINK.pack(0, 0, socket.index(self.name), 0, 0)


class AddAddress(Change):
    """Give a link an address in CIDR form, usable at once; replace: it may have it."""

    name: str
    cidr: str
    replace_it: bool = False

    def describe(self) -> str:
        extra = "nodad" if ":" in self.cidr else "broadcast +"
        return f"addr {'replace' if self.replace_it else 'add'} {self.cidr} {extra} dev {self.name}"

    def request(self, socket: Socket) -> tuple[int, int, bytes]:
        text, _, prefix = self.cidr.partition("/")
        family, raw = _packed(text)
        attributes = _attribute(2, raw) + _attribute(1, raw)
        if family == _socket.AF_INET and int(prefix) <= 30:
            attributes += _attribute(4, (int.from_bytes(raw, "big") | (1 << 32 - int(prefix)) - 1).to_bytes(4, "big"))
        flags = 0 if family == _socket.AF_INET else _NODAD
        body = _ADDRESS.pack(family, int(prefix), flags, _UNIVERSE, socket.index(self.name)) + attributes
        return _NEWADDR, _CREATE | (_REPLACE if self.replace_it else _EXCL), body


class SetRoute(Change):
    """The route to a destination leads to a gateway, in place of any other.

    destination  in CIDR form, "" for everything
    name         the link that it goes over, "" for the one that reaches the gateway
    source       the address that packets are sent from, "" for the link's
    local        in the table that is asked before the main one
    """

    gateway: str
    name: str = ""
    destination: str = ""
    source: str = ""
    local: bool = False

    def describe(self) -> str:
        words = [self.destination or "default", "via", self.gateway]
        for word, value in (("dev", self.name), ("src", self.source), ("table", "local" if self.local else "")):
            words += [word, value] if value else []
        return f"route replace {' '.join(words)}"

    def request(self, socket: Socket) -> tuple[int, int, bytes]:
        family, gateway = _packed(self.gateway)
        text, _, prefix = self.destination.partition("/")
        attributes = _attribute(1, _packed(text)[1]) if text else b""
        attributes += _attribute(5, gateway)
        attributes += _number(4, socket.index(self.name)) if self.name else b""
        attributes += _attribute(7, _packed(self.source)[1]) if self.source else b""
        table = _LOCAL_TABLE if self.local else _MAIN_TABLE
        header = _ROUTE.pack(family, int(prefix or 0), 0, 0, table, _BOOT, _UNIVERSE, _UNICAST, 0)
        return _NEWROUTE, _CREATE | _REPLACE, header + attributes


class LookUpMarked(Change):
    """Packets with a mark are looked up in a table (below 256) of their own, whatever address they are for."""

    mark: int
    table: int
    ipv6: bool = False

    def describe(self) -> str:
        return f"{'-6 ' if self.ipv6 else ''}rule add fwmark {self.mark} lookup {self.table}"

    def request(self, socket: Socket) -> tuple[int, int, bytes]:
        header = _ROUTE.pack(_family(ipv6=self.ipv6), 0, 0, 0, self.table, 0, 0, 1, 0)  # FR_ACT_TO_TBL
        return _NEWRULE, _CREATE | _EXCL, header + _number(10, self.mark)


class AddLocalTable(Change):
    """Everything that is looked up in a table is this namespace's own."""

    table: int
    ipv6: bool = False

    def describe(self) -> str:
        return f"route add local {'::' if self.ipv6 else '0.0.0.0'}/0 dev lo table {self.table}"

    def request(self, socket: Socket) -> tuple[int, int, bytes]:
        header = _ROUTE.pack(_family(ipv6=self.ipv6), 0, 0, 0, self.table, _BOOT, _HOST, _LOCAL, 0)
        return _NEWROUTE, _CREATE | _EXCL, header + _number(4, socket.index("lo"))


class Socket:
    """A conversation with the kernel about the links of one namespace, whatever namespace this process is in.

    groups  news that it gets (GROUP_LINK)
    """

    def __init__(self, netns_fd: int, *, groups: int = 0) -> None:
        def make() -> _socket.socket:
            return _socket.socket(_AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, 0)

        self._socket = within(netns_fd, make)
        self._socket.bind((0, groups))
        for option in (_CAP_ACK, _EXT_ACK):
            self._socket.setsockopt(_SOL_NETLINK, option, 1)
        self._indexes: dict[str, int] = {}

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def apply(self, changes: Iterable[Change]) -> None:
        """Make changes, one after the other, up to the first that the kernel refuses. Raises KernelRefused"""
        for change in changes:
            try:
                self._ask(*change.request(self))
            except OSError as error:
                raise KernelRefused(f"ip {change.describe()}", error.errno or 0, error.strerror or "") from None
            if isinstance(change, DeleteLink):
                self._indexes.pop(change.name, None)

    def index(self, name: str) -> int:
        """The number of a link. Raises OSError when there is none of this name"""
        if name not in self._indexes:
            answer = list(self._ask(_GETLINK, 0, _LINK.pack(0, 0, 0, 0, 0) + _name(name)))
            self._indexes[name] = _LINK.unpack_from(answer[0][1])[2]
        return self._indexes[name]

    def links(self) -> list[Link]:
        found = []
        for _, body in self._ask(_GETLINK, _DUMP, _LINK.pack(0, 0, 0, 0, 0)):
            attributes = dict(_attributes(body[_LINK.size :]))
            kind = dict(_attributes(attributes.get(18, b""))).get(1, b"")
            found.append(Link(_LINK.unpack_from(body)[2], _string(attributes[3]), _string(kind)))
        return found

    def addresses(self) -> list[Address]:
        found = []
        for _, body in self._ask(_GETADDR, _DUMP, _ADDRESS.pack(0, 0, 0, 0, 0)):
            family, prefix, _, scope, index = _ADDRESS.unpack_from(body)
            attributes = dict(_attributes(body[_ADDRESS.size :]))
            raw = attributes.get(2) or attributes[1]
            found.append(Address(index, f"{_socket.inet_ntop(family, raw)}/{prefix}", scope))
        return found

    def gone(self) -> set[int]:
        """The numbers of links that the news at hand says have gone. Raises OSError (ENOBUFS) when some of it was lost"""
        found = set()
        for kind, _, body in _messages(self._socket.recv(1 << 16)):
            family, _, index, *_ = _LINK.unpack_from(body)
            if kind == _DELLINK and family == 0:  # a bridge tells by another family that it has lost a member
                found.add(index)
        return found

    def _ask(self, kind: int, flags: int, body: bytes) -> list[tuple[int, bytes]]:
        """Type and body of each message of the answer. Raises OSError as the kernel says it"""
        is_listing = flags & _DUMP == _DUMP and kind in (_GETLINK, _GETADDR)
        flags |= _REQUEST if is_listing else _REQUEST | _ACK
        self._socket.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, 1, 0) + body)
        answer: list[tuple[int, bytes]] = []
        while True:
            for found, found_flags, rest in _messages(self._socket.recv(1 << 18)):
                if found == _ERROR:
                    number = -int(_struct.unpack_from("=i", rest)[0])
                    if number:
                        raise OSError(number, _why(number, rest, found_flags))
                    return answer
                if found == _DONE:
                    return answer
                answer.append((found, rest))


def _messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, flags and body of each message."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, flags, _, _ = _HEADER.unpack_from(data, at)
        yield kind, flags, data[at + _HEADER.size : at + length]
        at += length + 3 & ~3


def _why(number: int, body: bytes, flags: int) -> str:
    """The kernel's own sentence about an error where it has one, else that of the number."""
    import os

    said = dict(_attributes(body[4 + _HEADER.size :])).get(_MESSAGE) if flags & _HAS_MESSAGE else None
    return _string(said) if said else os.strerror(number)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < 4:
            return
        yield kind & 0x3FFF, data[at + 4 : at + length]
        at += length + 3 & ~3


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


_nest = _attribute


def _number(kind: int, value: int) -> bytes:
    return _attribute(kind, _NUMBER.pack(value))


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _name(name: str) -> bytes:
    return _text(3, name)


def _mac(mac: str) -> bytes:
    return _attribute(1, bytes.fromhex(mac.replace(":", "")))


def _string(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode(errors="replace")


def _family(*, ipv6: bool) -> int:
    return _socket.AF_INET6 if ipv6 else _socket.AF_INET


def _packed(address: str) -> tuple[int, bytes]:
    """Family and bytes of an address."""
    family = _socket.AF_INET6 if ":" in address else _socket.AF_INET
    return family, _socket.inet_pton(family, address)
