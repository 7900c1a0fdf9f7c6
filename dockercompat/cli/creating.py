"""`create`, and the first half of `run`: flags to a body, the image, the container, its id file."""

from __future__ import annotations

import os
import sys

from dockercompat.cli import content_trust
from dockercompat.cli.run_options import container_body
from dockercompat.errors import Bare, ClientError, InvalidParameter, InvalidReference, NotFound
from dockercompat.kernel import holder
from dockercompat.spec import reference
from dockercompat.spec.env import go_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.cli.run_options import ClientSettings
    from dockercompat.engine.image.store import ImageRecord
    from dockercompat.remote.client import Remote


def create_container(invocation: Invocation) -> str:
    """Create the container that the flags and arguments of `run` or `create` describe; its id.

    Warnings and the progress of a pull go to stderr. The process has joined the holder.
    Raises  UsageError, ClientError; NoSuchImage and the engine's errors
    """
    body, settings = container_body(
        invocation.options, invocation.args, invocation.environ, invocation.config, working_dir=_working_dir(invocation)
    )
    if sys.stdout.isatty():
        size = os.get_terminal_size(1)
        body["HostConfig"]["ConsoleSize"] = [size.lines, size.columns]
    lent = ""
    if invocation.options.use_api_socket:
        from dockercompat.cli import lent_socket

        lent = lent_socket.lend(invocation, body)
    try:
        container_id = _create(invocation, body, settings)
        if lent:
            lent_socket.give(invocation, container_id, lent)
        return container_id
    except ClientError as error:
        if invocation.command.name == "container run":
            raise
        raise Bare(str(error)) from None


def _create(invocation: Invocation, body: dict[str, Any], settings: ClientSettings) -> str:
    from dockercompat.cli.pulling import ensure_image

    _say(settings.warnings)
    id_file = _IdFile(settings.cidfile)
    try:
        _check_reference(body["Image"])
        if settings.platform:
            _check_platform(settings.platform)
        content_trust.check(invocation, body["Image"])
        found: list[ImageRecord] = []

        def find_image() -> ImageRecord:
            if not found:
                found.append(ensure_image(invocation, body["Image"], pull=settings.pull, platform=settings.platform, quiet=settings.quiet))
            return found[0]

        if settings.pull == "always":
            find_image()
        if invocation.remote is not None:
            answer = _create_elsewhere(invocation.remote, body, settings, find_image)
        else:
            from dockercompat.engine.container.create import create
            from dockercompat.engine.image.ensure import foreign

            answer = create(invocation.engine, body, settings.name, find_image)
            answer["Warnings"] += [] if settings.platform else foreign(found[0])
        _say(answer["Warnings"])
        id_file.write(answer["Id"])
    finally:
        id_file.close()
    container_id: str = answer["Id"]
    return container_id


def _create_elsewhere(remote: Remote, body: dict[str, Any], settings: ClientSettings, find_image: Callable[[], object]) -> dict[str, Any]:
    """Ask another engine for a container, and once more when it had to pull the image first."""
    from dockercompat.remote.container import create

    try:
        return create(remote, body, settings.name, settings.platform)
    except NotFound:
        if settings.pull != "missing":
            raise
    find_image()
    return create(remote, body, settings.name, settings.platform)


def _working_dir(invocation: Invocation) -> str:
    """The shell's own idea of where it is, links kept, when it is true; "" in a directory that is gone."""
    if holder.directory_is_gone():
        return ""
    shown = invocation.environ.get("PWD", "")
    if shown.startswith("/"):
        try:
            if os.path.samefile(shown, "."):
                return shown
        except OSError:
            pass
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


def _check_reference(ref: str) -> None:
    try:
        reference.parse(ref)
    except InvalidReference as error:
        from dockercompat.spec import digest

        if not (digest.is_digest(ref) or (len(ref) == 64 and digest.is_hex(ref))):
            raise ClientError(str(error)) from None


def _check_platform(text: str) -> None:
    from dockercompat.spec import platform

    try:
        platform.parse(text)
    except InvalidParameter as error:
        raise ClientError(f"error parsing specified platform: {error}") from None


def _say(warnings: tuple[str, ...] | list[str]) -> None:
    for text in warnings:
        print(f"WARNING: {text}", file=sys.stderr)


class _IdFile:
    """--cidfile: made before the container, gone again when it comes to nothing."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.written = False
        if not path:
            return
        if os.path.lexists(path):
            raise ClientError(f"container ID file found, make sure the other container isn't running or delete {path}")
        try:
            with open(path, "x", encoding="utf-8"):
                pass
        except OSError as error:
            refused = ClientError(f"failed to create the container ID file: open {path}: {go_reason(error)}")
            if isinstance(error, FileNotFoundError):
                refused.exit_status = 127  # as docker's `run` ends whenever something was not found
            raise refused from None

    def write(self, container_id: str) -> None:
        if self.path:
            with open(self.path, "w", encoding="utf-8") as file:
                file.write(container_id)
            self.written = True

    def close(self) -> None:
        if self.path and not self.written:
            os.unlink(self.path)
