"""What the commands of swarm's nouns have in common outside a swarm: docker's client checks names and files, the engine declines."""

from __future__ import annotations

import sys

from dockercompat.cli import reading
from dockercompat.errors import ClientError, DockerError, InvalidTemplate, NotASwarmManager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn

    from dockercompat.cli.invocation import Invocation


def check_name(kind: str, name: str) -> None:
    """Raises ClientError for an empty name of a "node", "service", ..."""
    if not name:
        raise ClientError(f"invalid {kind} name or ID: value is empty")


def ask(kind: str, name: str) -> NoReturn:
    """Raises what docker answers about one object of a swarm."""
    check_name(kind, name)
    raise NotASwarmManager


def ask_each(kind: str, names: Iterable[str]) -> NoReturn:
    """The same for several: a line for each of them."""
    complaints = []
    for name in names:
        try:
            ask(kind, name)
        except DockerError as error:
            complaints.append(error.line)
    raise ClientError("\n".join(complaints))


def inspect(invocation: Invocation, kind: str, *, spelling: str = "") -> int:
    """`inspect` of a kind; spelling is the kind in the client's complaint about an empty name, where that differs."""
    from dockercompat.cli.inspecting import inspect_many

    options = invocation.options
    service = kind == "service"
    if service and options.pretty and options.format:
        raise ClientError("--format is incompatible with human friendly format")
    format = "pretty" if options.pretty else options.format
    if format.startswith("pretty"):
        if format != "pretty":
            raise ClientError(f"{'C' if service else 'c'}annot supply extra formatting options to the pretty template")
        ask(spelling or kind, invocation.args[0])

    def describe(name: str) -> dict[str, Any]:
        ask(spelling or kind, name)

    try:
        return inspect_many(invocation.args, describe, format)
    except InvalidTemplate as error:
        raise ClientError(str(error)) from None


def read_content(path: str) -> bytes:
    """What `secret create` and `config create` read from a file, or from stdin ("-"). Raises ClientError."""
    shown = "STDIN" if path == "-" else path
    try:
        content = sys.stdin.buffer.read() if path == "-" else reading.content(path)
    except ValueError as error:
        raise ClientError(f"error reading from {shown}: {error}") from None
    if not content:
        raise ClientError(f"error reading from {shown}: data is empty")
    return content
