"""`swarm init` and `swarm join`: what docker's engine says of a request that no swarm can be made or joined with."""

from __future__ import annotations

import socket

from dockercompat.errors import DockerError, InvalidParameter, NoManager
from dockercompat.spec import swarm
from dockercompat.spec.number import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_PORTS = (1024, 49151)
_DEFAULT_PORT = "2377"
_AVAILABILITIES = ("", "active", "pause", "drain")
_NO_LISTEN_ADDRESS = "listen address must be an IP address or network interface (with optional port number)"
_NO_ADVERTISED_ADDRESS = "advertise address must be a non-zero IP address or network interface (with optional port number)"
_NO_DATA_PATH_ADDRESS = "data path address must be a non-zero IP address or network interface (without a port number)"
_UNRECOGNIZED = (
    "must specify a listening address because the address to advertise is not recognized as a system address, "
    "and a system's IP address to use could not be uniquely identified"
)


def check_init(asked: Mapping[str, Any], *, hint: str = "") -> None:
    """Refuse what docker refuses of an InitRequest; containers' networks here have no address of the system's.

    hint  what the asker can do where no address was given
    Raises  DockerError
    """
    address = asked.get("ListenAddr") or ""
    if not address:
        raise InvalidParameter('invalid ListenAddr "": invalid empty address')
    _check_availability(asked)
    listen = _host_of(address)
    _check_place(listen, _NO_LISTEN_ADDRESS, zero=True)
    if not asked.get("AdvertiseAddr"):
        raise InvalidParameter(f"could not find the system's IP address{hint}")
    advertised = _host_of(asked["AdvertiseAddr"])
    _check_place(advertised, _NO_ADVERTISED_ADDRESS)
    if asked.get("DataPathAddr"):
        _check_place(asked["DataPathAddr"], _NO_DATA_PATH_ADDRESS)
    reachable = listen != "0.0.0.0" or _is_of_system(advertised)
    port = asked.get("DataPathPort") or 0
    if port and not _PORTS[0] <= port <= _PORTS[1] and reachable:
        raise DockerError(f"Datapath port number is not in valid range ({_PORTS[0]}-{_PORTS[1]}) : {port}")
    for pool in asked.get("DefaultAddrPool") or ():
        _check_pool(pool, asked.get("SubnetSize") or 0)
    if not reachable:
        raise InvalidParameter(_UNRECOGNIZED)


def check_join(asked: Mapping[str, Any]) -> None:
    """Refuse what docker refuses of a JoinRequest, in its order. Raises DockerError."""
    address = asked.get("ListenAddr") or ""
    if not address:
        raise InvalidParameter('invalid ListenAddr "": invalid empty address')
    remotes = asked.get("RemoteAddrs") or ()
    if not remotes:
        raise InvalidParameter("at least 1 RemoteAddr is required to join")
    for remote in remotes:
        if not remote:
            raise InvalidParameter('invalid remoteAddr "": invalid empty address')
    _check_availability(asked)
    _check_place(_host_of(address), _NO_LISTEN_ADDRESS, zero=True)
    if asked.get("DataPathAddr"):
        _check_place(asked["DataPathAddr"], _NO_DATA_PATH_ADDRESS)
    token = asked.get("JoinToken") or ""
    if token and not swarm.is_join_token(token):
        raise DockerError("invalid join token")
    if token.startswith("SWMTKN-2-1-"):
        raise DockerError("node is not FIPS-enabled but cluster requires FIPS")
    _knock(remotes[0])


def _check_availability(asked: Mapping[str, Any]) -> None:
    given = asked.get("Availability") or ""
    if given not in _AVAILABILITIES:
        raise DockerError(f"invalid Availability: {quoted(given)}")


def _check_pool(pool: str, size: int) -> None:
    import ipaddress

    try:
        length = ipaddress.ip_network(pool, strict=False).prefixlen if "/" in pool else -1
    except ValueError:
        length = -1
    if length < 0:
        raise DockerError(f"invalid base pool {pool}: invalid CIDR address: {pool}")
    if length > size:
        raise DockerError(f'invalid CIDR: "{pool}". Subnet size is too small for pool: {size}')


def _host_of(address: str) -> str:
    """The host of `HOST[:PORT]` or `[IPV6]:PORT`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.rpartition(":")[0] if address.count(":") == 1 else address


def _check_place(host: str, message: str, *, zero: bool = False) -> None:
    """Raises InvalidParameter when a host is neither an interface nor an address; zero says whether the unspecified one will do."""
    import ipaddress

    if host in (name for _, name in socket.if_nameindex()):
        return
    try:
        if not ipaddress.ip_address(host).is_unspecified or zero:
            return
    except ValueError:
        pass
    raise InvalidParameter(message)


def _is_of_system(host: str) -> bool:
    """Whether an interface or address is this machine's."""
    if host in (name for _, name in socket.if_nameindex()):
        return True
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True


def _knock(remote: str) -> None:
    """Look whether a manager answers there. Raises DockerError in the words of docker's transport when none does."""
    address = remote.removeprefix("tcp://")
    host, _, port = address.rpartition(":") if ":" in address else (address, "", _DEFAULT_PORT)
    nowhere = "could not find local IP address: dial udp"
    if not host.strip() and not address.startswith(":"):
        raise DockerError(f"{nowhere}: address {address}: missing port in address")
    if ":" in host and not host.startswith("["):
        raise DockerError(f"{nowhere}: address {address}: too many colons in address")
    if not port.isdigit():
        raise DockerError(f"{nowhere}: lookup udp/{port}: unknown port")
    host = host.strip("[]") or "0.0.0.0"
    try:
        socket.getaddrinfo(host, int(port))
    except (OSError, UnicodeError):
        raise DockerError(f"{nowhere}: lookup {host}: no such host") from None
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", "") or str(error)).lower()
        raise NoManager(
            "rpc error: code = Unavailable desc = connection error: "
            f'desc = "transport: Error while dialing: dial tcp {host}:{port}: connect: {reason}"'
        ) from None
