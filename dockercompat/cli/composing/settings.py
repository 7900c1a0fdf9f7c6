"""What stands between `compose` and its command, and how compose warns."""

from __future__ import annotations

import os
import sys
import time

from dockercompat.compose.files.sources import Settings
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.cli.invocation import Invocation
    from dockercompat.compose.model.project import Project

_PROGRESS = ("", "auto", "tty", "plain", "json", "quiet", "none")


def settings(invocation: Invocation) -> Settings:
    """The flags before the command, checked as docker compose checks them. Raises ClientError."""
    options = invocation.noun_options
    assert options is not None
    project_dir = options.project_directory or ""
    if options.workdir:
        if project_dir:
            raise ClientError(
                'cannot specify DEPRECATED "--workdir" and "--project-directory". Please use only "--project-directory" instead'
            )
        project_dir = options.workdir
        sys.stderr.write("option '--workdir' is DEPRECATED at root level! Please use '--project-directory' instead.\n")
    ansi = options.ansi
    if options.no_ansi:
        if ansi != "auto":
            raise ClientError('cannot specify DEPRECATED "--no-ansi" and "--ansi". Please use only "--ansi"')
        sys.stderr.write("option '--no-ansi' is DEPRECATED ! Please use '--ansi' instead.\n")
        ansi = "never"
    elif not options.given("ansi"):
        ansi = invocation.environ.get("COMPOSE_ANSI", ansi)
    progress = options.progress or invocation.environ.get("COMPOSE_PROGRESS", "")
    if progress not in _PROGRESS:
        raise ClientError(f'unsupported --progress value "{progress}"')
    if progress == "tty" and ansi == "never":
        raise ClientError("can't use --progress tty while ANSI support is disabled")
    if progress == "plain" and ansi == "always":
        raise ClientError("can't use --progress plain while ANSI support is forced")
    limit = invocation.environ.get("COMPOSE_PARALLEL_LIMIT")
    if limit is not None and not options.given("parallel") and not limit.lstrip("+-").isdigit():
        raise ClientError(f'COMPOSE_PARALLEL_LIMIT must be an integer (found: "{limit}")')
    return Settings(
        files=tuple(options.file or ()),
        project_name=options.project_name or "",
        project_dir=project_dir,
        env_files=tuple(options.env_file or ()),
        profiles=tuple(options.profile or ()),
        all_resources=bool(options.all_resources),
    )


def dry_run(invocation: Invocation) -> bool:
    """--dry-run may stand before and behind the command."""
    noun = invocation.noun_options
    return bool(invocation.options.dry_run or (noun is not None and noun.dry_run))


def warn(message: str) -> None:
    """A warning on standard error as logrus writes it."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    zone = "Z" if now.endswith("+0000") else f"{now[-5:-2]}:{now[-2:]}"
    text = message.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    sys.stderr.write(f'time="{now[:-5]}{zone}" level=warning msg="{text}"\n')


def load(invocation: Invocation, services: Sequence[str] = ()) -> Project:
    """The project that a command acts on. Raises InvalidProject."""
    from dockercompat.compose.load import load_project

    return load_project(settings(invocation), invocation.environ, os.getcwd(), services=services, warn=warn)
