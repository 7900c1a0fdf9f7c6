"""Rows that this engine does not carry out, in the words of docker's client or of an engine in that situation."""

from __future__ import annotations

from dockercompat import errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.cli.surface.rows import Command, Flag, Noun


def unsupported(row: Command | Noun, path: str, given: Sequence[Flag] = ()) -> str:
    """What docker's client says before it asks the engine, of one that has no such command or flags; "" if it has them."""
    if row.needs == "experimental":
        return f"docker {path} is only supported on a Docker daemon with experimental features enabled"
    lines = []
    for flag in sorted(given, key=lambda flag: flag.name):
        if flag.needs == "windows":
            lines.append(
                f'"--{flag.name}" is only supported on a Docker daemon running on windows, but the Docker daemon is running on linux'
            )
        elif flag.needs == "experimental":
            lines.append(f'"--{flag.name}" is only supported on a Docker daemon with experimental features enabled')
    return "\n".join(lines)


def refusal(command: Command, given: Sequence[Flag] = ()) -> errors.DockerError | None:
    """Why this engine does not carry out the command with these flags; None when it does."""
    if command.refused:
        return errors.NotImplementedHere(command.refused)
    for flag in given:
        if flag.refused:
            return errors.NotImplementedHere(flag.refused)
        if flag.needs == "swarm" and not flag.no_effect:
            return errors.NotASwarmManager()
    return None
