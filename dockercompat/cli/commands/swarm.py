"""Handlers of `docker swarm`: the answers of an engine that can't be in a swarm, after docker's own checks."""

from __future__ import annotations

from dockercompat.cli.invocation import HelpInstead
from dockercompat.engine.swarm import membership
from dockercompat.errors import ClientError, NotASwarmManager, NotInSwarm
from dockercompat.spec import swarm

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation

_ROLES = ("worker", "manager")


def init(invocation: Invocation) -> None:
    options = invocation.options
    _check_availability(options.availability)
    membership.check_init(
        {
            "ListenAddr": _address(options.listen_addr),
            "AdvertiseAddr": options.advertise_addr,
            "DataPathAddr": options.data_path_addr,
            "DataPathPort": options.data_path_port,
            "DefaultAddrPool": options.default_addr_pool,
            "SubnetSize": options.default_addr_pool_mask_length,
        },
        hint=" - specify one with --advertise-addr",
    )


def join(invocation: Invocation) -> None:
    options = invocation.options
    _check_availability(options.availability)
    membership.check_join(
        {
            "ListenAddr": _address(options.listen_addr),
            "DataPathAddr": options.data_path_addr,
            "RemoteAddrs": [invocation.args[0]],
            "JoinToken": options.token,
        }
    )


def _address(text: str) -> str:
    """The value of --listen-addr as it is sent to an engine."""
    host, port = swarm.parse_node_address(text)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


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
