"""Handlers of `docker plugin`: the answers of an engine that has none and can't run any."""

from __future__ import annotations

import os
import sys

from dockercompat.cli import swarm_answers
from dockercompat.errors import ClientError, DockerError, InvalidReference, NoSuchPlugin
from dockercompat.spec import filter as filters
from dockercompat.spec import reference
from dockercompat.spec.env import go_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from dockercompat.cli.invocation import Invocation


def list(invocation: Invocation) -> None:
    from dockercompat.cli.listing import plugin as listing

    verb = invocation.verb("plugin.list")

    options = invocation.options
    rows = verb(invocation.engine, filters.parse(options.filter))
    chosen = options.format or ("" if options.quiet else invocation.config.get("pluginsFormat", ""))
    sys.stdout.write(listing.render(rows, format=chosen, quiet=bool(options.quiet), no_trunc=bool(options.no_trunc)))


def _find(ref: str) -> NoReturn:
    swarm_answers.check_name("plugin", ref)
    raise NoSuchPlugin(ref)


def inspect(invocation: Invocation) -> int:
    from dockercompat.cli.inspecting import inspect_many

    def describe(ref: str) -> dict[str, Any]:
        _find(ref)

    return inspect_many(invocation.args, describe, invocation.options.format)


def remove(invocation: Invocation) -> None:
    complaints = []
    for ref in invocation.args:
        try:
            _find(ref)
        except DockerError as error:
            complaints.append(error.line)
    raise ClientError("\n".join(complaints))


def enable(invocation: Invocation) -> None:
    if invocation.options.timeout < 0:
        raise ClientError(f"negative timeout {invocation.options.timeout} is invalid")
    _find(invocation.args[0])


def disable(invocation: Invocation) -> None:
    _find(invocation.args[0])


def set(invocation: Invocation) -> None:
    _find(invocation.args[0])


def upgrade(invocation: Invocation) -> None:
    try:
        _find(invocation.args[0])
    except DockerError as error:
        raise ClientError(f"error reading plugin data: {error.line}") from None


def push(invocation: Invocation) -> None:
    named = _parse(invocation.args[0])
    if named.digest:
        raise ClientError(f"invalid name: {invocation.args[0]}")
    _find(named.tagged.familiar)


def install(invocation: Invocation) -> None:
    """Raises what docker says of names that nothing can be installed under."""
    if invocation.options.alias and _parse(invocation.options.alias).digest:
        raise ClientError(f"invalid name: {invocation.options.alias}")
    _parse(invocation.args[0])


def create(invocation: Invocation) -> None:
    """Raises what docker says of a directory that no plugin can be made from."""
    from dockercompat.spec import go_json

    _parse(invocation.args[0])
    directory = invocation.args[1]
    try:
        if not os.path.isdir(os.path.realpath(directory, strict=True)):
            raise ClientError("context must be a directory")
    except OSError as error:
        raise ClientError(f"lstat {os.path.abspath(directory)}: {go_reason(error)}") from None
    path = os.path.normpath(os.path.join(directory, "config.json"))
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            go_json.loads(file.read(), stream=True)
    except IsADirectoryError:
        raise ClientError(f"read {path}: is a directory") from None
    except OSError as error:
        raise ClientError(f"open {path}: {go_reason(error)}") from None
    except go_json.InvalidJson as error:
        raise ClientError(str(error)) from None


def _parse(text: str) -> reference.Reference:
    try:
        return reference.parse(text)
    except InvalidReference as error:
        raise ClientError(str(error)) from None
