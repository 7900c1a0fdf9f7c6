"""Rows of `docker builder`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOUNS: tuple[Noun, ...] = (Noun("builder", "Manage builds"),)

COMMANDS: tuple[Command, ...] = (
    Command(
        "builder prune",
        help="Remove build cache",
        handler="builder:prune",
        flags=(
            Flag("all", "bool", "Remove all unused build cache, not just dangling ones", short="a"),
            Flag("filter", "filter", 'Provide filter values (e.g. "until=24h")', check="filter_word"),
            Flag("force", "bool", "Do not prompt for confirmation", short="f"),
            Flag("keep-storage", "bytes", "Amount of disk space to keep for cache"),
        ),
    ),
)
