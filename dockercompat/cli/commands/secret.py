"""Handlers of `docker secret`: the answers of an engine outside a swarm."""

from __future__ import annotations

from dockercompat.cli import swarm_answers
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def create(invocation: Invocation) -> None:
    path = invocation.args[1] if len(invocation.args) > 1 else ""
    if invocation.options.driver:
        if path:
            raise ClientError("When using secret driver secret data must be empty")
    elif not path:
        raise ClientError("secret file is required")
    else:
        swarm_answers.read_content(path)


def inspect(invocation: Invocation) -> int:
    return swarm_answers.inspect(invocation, "secret")


def remove(invocation: Invocation) -> None:
    swarm_answers.ask_each("secret", invocation.args)
