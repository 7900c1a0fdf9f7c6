"""Handlers of `docker swarm`: the answers of an engine that can't be in a swarm, after docker's own checks."""

from __future__ import annotations

import socket

from dockercompat.cli.invocation import HelpInstead
from dockercompat.errors import ClientError, DockerError, InvalidParameter, NotASwarmManager, NotInSwarm, Unavailable
from dockercompat.spec import swarm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation

_PORTS = (1024, 49151)
_DEFAULT_PORT = "2377"
_ROLES = ("worker", "manager")
_NO_LISTEN_ADDRESS = "listen address must be an IP address or network interface (with optional port number)"
_NO_ADVERTISED_ADDRESS = "advertise address must be a non-zero IP address or network interface (with optional port number)"
_NO_DATA_PATH_ADDRESS = "data path address must be a non-zero IP address or network interface (without a port number)"
_UNRECOGNIZED = (
    "must specify a listening address because the address to advertise is not recognized as a system address, "
    "and a system's IP address to use could not be uniquely identified"
)


def init(invocation: Invocation) -> None:
    """Raises what docker says of flags that no swarm can be made with; containers' networks here have no address of the system's."""
    options = invocation.options
    _check_availability(options.availability)
    listen, _ = swarm.parse_node_address(options.listen_addr)
    _check_place(listen, InvalidParameter(_NO_LISTEN_ADDRESS), zero=True)
    if not options.advertise_addr:
        raise InvalidParameter("could not find the system's IP address - specify one with --advertise-addr")
    advertised = _host_of(options.advertise_addr)
    _check_place(advertised, InvalidParameter(_NO_ADVERTISED_ADDRESS))
    if options.data_path_addr:
        _check_place(options.data_path_addr, InvalidParameter(_NO_DATA_PATH_ADDRESS))
    reachable = listen != "0.0.0.0" or _is_of_system(advertised)
    if options.data_path_port and not _PORTS[0] <= options.data_path_port <= _PORTS[1] and reachable:
        raise InvalidParameter(f"Datapath port number is not in valid range (1024-49151) : {options.data_path_port}")
    for pool in options.default_addr_pool:
        if int(pool.rpartition("/")[2]) > options.default_addr_pool_mask_length:
            raise InvalidParameter(f'invalid CIDR: "{pool}". Subnet size is too small for pool: {options.default_addr_pool_mask_length}')
    if not reachable:
        raise InvalidParameter(_UNRECOGNIZED)


def join(invocation: Invocation) -> None:
    options = invocation.options
    _check_availability(options.availability)
    remote = invocation.args[0]
    if not remote:
        raise InvalidParameter('invalid remoteAddr "": invalid empty address')
    listen, _ = swarm.parse_node_address(options.listen_addr)
    _check_place(listen, InvalidParameter(_NO_LISTEN_ADDRESS), zero=True)
    if options.data_path_addr:
        _check_place(options.data_path_addr, InvalidParameter(_NO_DATA_PATH_ADDRESS))
    if options.token and not swarm.is_join_token(options.token):
        raise InvalidParameter("invalid join token")
    if options.token.startswith("SWMTKN-2-1-"):
        raise InvalidParameter("node is not FIPS-enabled but cluster requires FIPS")
    _knock(remote)


def join_token(invocation: Invocation) -> None:
    if invocation.args[0] not in _ROLES:
        raise ClientError(f"unknown role {invocation.args[0]}")


def unlock(invocation: Invocation) -> None:
    raise ClientError(f"Error: {NotInSwarm()}")


def unlock_key(invocation: Invocation) -> None:
    if not invocation.options.rotate:
        raise ClientError(f"could not fetch unlock key: Error response from daemon: {NotASwarmManager()}")


def update(invocation: Invocation) -> None:
    if not any(invocation.options.given(flag.name) for flag in invocation.command.flags):
        raise HelpInstead


def _check_availability(text: str) -> None:
    if text.lower() not in ("active", "pause", "drain"):
        raise ClientError(f'invalid availability "{text}", only active, pause and drain are supported')


def _host_of(address: str) -> str:
    """The host of `HOST[:PORT]` or `[IPV6]:PORT`."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.rpartition(":")[0] if address.count(":") == 1 else address


def _check_place(host: str, error: DockerError, *, zero: bool = False) -> None:
    """Raises the error when a host is neither an interface nor an address; zero says whether the unspecified one will do."""
    import ipaddress

    if host in (name for _, name in socket.if_nameindex()):
        return
    try:
        if not ipaddress.ip_address(host).is_unspecified or zero:
            return
    except ValueError:
        pass
    raise error


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
        raise InvalidParameter(f"{nowhere}: address {address}: missing port in address")
    if ":" in host and not host.startswith("["):
        raise InvalidParameter(f"{nowhere}: address {address}: too many colons in address")
    if not port.isdigit():
        raise InvalidParameter(f"{nowhere}: lookup udp/{port}: unknown port")
    host = host.strip("[]") or "0.0.0.0"
    try:
        socket.getaddrinfo(host, int(port))
    except (OSError, UnicodeError):
        raise InvalidParameter(f"{nowhere}: lookup {host}: no such host") from None
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", "") or str(error)).lower()
        raise Unavailable(
            "rpc error: code = Unavailable desc = connection error: "
            f'desc = "transport: Error while dialing: dial tcp {host}:{port}: connect: {reason}"'
        ) from None
