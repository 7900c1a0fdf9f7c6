"""Handlers of `docker stack`: the answers of an engine outside a swarm."""

from __future__ import annotations

from dockercompat.errors import ClientError, InvalidParameter
from dockercompat.spec.swarm import check_stack_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def named(invocation: Invocation) -> None:
    """`ps`, `rm` and `services`: all names are looked at before the engine is asked."""
    for name in invocation.args:
        _check_name(name)


def _check_name(name: str) -> None:
    try:
        check_stack_name(name)
    except InvalidParameter as error:
        raise ClientError(str(error)) from None


def deploy(invocation: Invocation) -> None:
    _check_name(invocation.args[0])
    if not invocation.options.compose_file:
        raise ClientError("Specify a Compose file (with --compose-file)")
