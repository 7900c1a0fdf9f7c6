"""Handlers of `docker stack`: the file it reads, and the answers of an engine outside a swarm."""

from __future__ import annotations

import sys

from dockercompat.errors import ClientError, InvalidParameter
from dockercompat.spec.swarm import check_stack_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation

_DETACHED = (
    "Since --detach=false was not specified, tasks will be created in the background.\n"
    "In a future release, --detach=false will become the default.\n"
)
_NO_MANAGER = 'this node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again'


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
    from dockercompat.cli.stackfile.load import load_for_deploy

    load_for_deploy(invocation.options.compose_file, invocation.environ)
    if invocation.options.resolve_image not in ("always", "changed", "never"):
        raise ClientError(f"Invalid option {invocation.options.resolve_image} for flag --resolve-image")
    if not invocation.options.given("detach"):
        sys.stderr.write(_DETACHED)
    raise ClientError(_NO_MANAGER)


def config(invocation: Invocation) -> None:
    options = invocation.options
    if not options.compose_file:
        raise ClientError("Specify a Compose file (with --compose-file)")
    from dockercompat.cli.stackfile.load import load
    from dockercompat.cli.stackfile.text import write

    loaded = load(options.compose_file, invocation.environ, skip_interpolation=options.skip_interpolation)
    sys.stdout.write(write(loaded))
