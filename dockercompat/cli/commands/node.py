"""Handlers of `docker node`: the answers of an engine outside a swarm."""

from __future__ import annotations

from dockercompat.cli import swarm_answers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def inspect(invocation: Invocation) -> int:
    return swarm_answers.inspect(invocation, "node")


def change_role(invocation: Invocation) -> None:
    """`promote` and `demote` stop at the first node."""
    swarm_answers.ask("node", invocation.args[0])


def update(invocation: Invocation) -> None:
    swarm_answers.ask("node", invocation.args[0])


def remove(invocation: Invocation) -> None:
    swarm_answers.ask_each("node", invocation.args)


def tasks(invocation: Invocation) -> None:
    swarm_answers.ask_each("node", invocation.args or ["self"])
