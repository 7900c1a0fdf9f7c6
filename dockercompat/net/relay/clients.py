"""The relay's sockets towards containers: where that can be, they have the client's own address, as with docker's rules.

Such a socket is bound to an address that is not this namespace's (IP_TRANSPARENT) and marked; the rules send answers to it to this
namespace (net/nft.py). A client on the host's loopback is seen as the network's gateway, as with docker.
"""

from __future__ import annotations

import _socket

from dockercompat.net.nft import RELAY_MARK

_SO_MARK = 36
_IP_TRANSPARENT = 19
_IPV6_TRANSPARENT = 75
_IN_PROGRESS = (115, 11)


def _is_local(address: str) -> bool:
    """Whether a client's address means something on the host alone."""
    return address.startswith(("127.", "fe80:")) or address == "::1"


def connect(kind: int, client: tuple[str, int], target: tuple[str, int]) -> _socket.socket:
    """A socket on its way to target (not blocking), with the client's address as its own if it can be. Raises OSError."""
    family = _socket.AF_INET6 if ":" in target[0] else _socket.AF_INET
    same_family = (":" in client[0]) == (":" in target[0])
    if same_family and not _is_local(client[0]):
        for port in (client[1], 0):
            try:
                return _connect(family, kind, (client[0], port), target)
            except OSError:
                continue
    return _connect(family, kind, None, target)


def _connect(family: int, kind: int, source: tuple[str, int] | None, target: tuple[str, int]) -> _socket.socket:
    made = _socket.socket(family, kind | _socket.SOCK_CLOEXEC | _socket.SOCK_NONBLOCK)
    try:
        if source is not None:
            made.setsockopt(_socket.SOL_SOCKET, _SO_MARK, RELAY_MARK)
            made.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
            if family == _socket.AF_INET:
                made.setsockopt(_socket.IPPROTO_IP, _IP_TRANSPARENT, 1)
            else:
                made.setsockopt(_socket.IPPROTO_IPV6, _IPV6_TRANSPARENT, 1)
            made.bind(source)
        status = made.connect_ex(target)
        if status not in (0, *_IN_PROGRESS):
            raise OSError(status, "connect")
    except BaseException:
        made.close()
        raise
    return made
