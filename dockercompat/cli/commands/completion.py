"""Handlers of `completion`: each prints a script for one shell."""

from __future__ import annotations

from dockercompat.cli import completion as scripts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def bash(invocation: Invocation) -> None:
    _write(scripts.BASH, invocation)


def fish(invocation: Invocation) -> None:
    _write(scripts.FISH, invocation)


def zsh(invocation: Invocation) -> None:
    _write(scripts.ZSH, invocation)


def _write(script: str, invocation: Invocation) -> None:
    print(script.replace("__complete ", "__completeNoDesc ") if invocation.options.no_descriptions else script, end="")
