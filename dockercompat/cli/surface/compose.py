"""Rows of `docker compose`."""

from dockercompat.cli.surface.rows import Command, Noun

NOUNS: tuple[Noun, ...] = (Noun("compose", "Docker Compose"),)

COMMANDS: tuple[Command, ...] = ()
