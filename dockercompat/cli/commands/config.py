"""Handlers of `docker config`: the answers of an engine outside a swarm."""

from __future__ import annotations

from dockercompat.cli import swarm_answers
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def create(invocation: Invocation) -> None:
    path = invocation.args[1]
    try:
        swarm_answers.read_content(path)
    except ClientError as error:
        raise ClientError(f'Error reading content from "{path}": {error}') from None


def inspect(invocation: Invocation) -> int:
    return swarm_answers.inspect(invocation, "config", spelling="contig")  # docker's own spelling


def remove(invocation: Invocation) -> None:
    swarm_answers.ask_each("config", invocation.args)
