"""Handlers of `docker trust`: what docker's client says where no notary has signatures, and the checks before it would ask one."""

from __future__ import annotations

import os
import re

from dockercompat.cli import reading
from dockercompat.errors import ClientError, InvalidReference
from dockercompat.spec import reference
from dockercompat.spec.env import go_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from dockercompat.cli.invocation import Invocation

_RESERVED = "releases"


def _parse(text: str) -> reference.Reference:
    try:
        return reference.parse(text)
    except InvalidReference as error:
        raise ClientError(str(error)) from None


def _unsigned(text: str) -> NoReturn:
    _parse(text)
    raise ClientError(f"no signatures or cannot access {text}")


def inspect(invocation: Invocation) -> int:
    """Nothing is signed where no notary is known."""
    from dockercompat.cli.inspecting import inspect_many

    if invocation.options.pretty:
        for text in invocation.args:
            _unsigned(text)

    def describe(text: str) -> dict[str, Any]:
        _unsigned(text)

    return inspect_many(invocation.args, describe)


def sign(invocation: Invocation) -> None:
    text = invocation.args[0]
    named = _parse(text)
    if named.digest:
        raise ClientError("cannot use a digest reference for IMAGE:TAG")
    if not named.tag:
        raise ClientError(f"no tag specified for {text}")


def revoke(invocation: Invocation) -> None:
    if _parse(invocation.args[0]).digest:
        raise ClientError("cannot use a digest reference for IMAGE:TAG")


def generate_key(invocation: Invocation) -> None:
    _check_name("key", invocation.args[0])
    directory = invocation.options.dir
    if directory and not os.path.isdir(directory):
        raise ClientError(f'public key path does not exist: "{directory}"')


def load_key(invocation: Invocation) -> None:
    _check_name("key", invocation.options.name)
    path = invocation.args[0]
    print(f'Loading key from "{path}"...', flush=True)
    refused = f"refusing to load key from {path}: "
    try:
        if os.stat(path).st_mode & 0o077 and not os.path.isdir(path):
            raise ClientError(f"{refused}private key file {path} must not be readable or writable by others")
        with open(path, "rb") as file:
            file.read()
    except IsADirectoryError:
        raise ClientError(f"{refused}read {path}: is a directory") from None
    except FileNotFoundError:
        raise ClientError(f"{refused}stat {path}: no such file or directory") from None
    except OSError as error:
        raise ClientError(f"{refused}open {path}: {go_reason(error)}") from None


def add_signer(invocation: Invocation) -> None:
    name = invocation.args[0]
    _check_name("signer", name)
    if name == _RESERVED:
        raise ClientError(f"{_RESERVED} is a reserved keyword, use a different signer name")
    if not invocation.options.key:
        raise ClientError("path to a public key must be provided using the `--key` flag")
    for path in invocation.options.key:
        try:
            content = reading.content(path)
        except ValueError as error:
            raise ClientError(f"unable to read public key from file: {error}") from None
        if b"-----BEGIN " not in content:
            raise ClientError(f"could not parse public key from file: {path}: no valid public key found")


def _check_name(kind: str, name: str) -> None:
    if not re.fullmatch("[a-z0-9][a-z0-9_-]*", name):
        raise ClientError(
            f'{kind} name "{name}" must start with lowercase alphanumeric characters and can include "-" or "_" after the first character'
        )
