"""Handlers of `completion`: each prints a script for one shell."""

from __future__ import annotations

from dockercompat.cli import completion as scripts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def bash(invocation: Invocation) -> None:
    print(scripts.BASH, end="")


def fish(invocation: Invocation) -> None:
    print(scripts.FISH, end="")


def zsh(invocation: Invocation) -> None:
    print(scripts.ZSH, end="")
