"""Rows of `docker checkpoint`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOUNS: tuple[Noun, ...] = (Noun("checkpoint", "Manage checkpoints", needs="experimental"),)

COMMANDS: tuple[Command, ...] = (
    Command(
        "checkpoint create",
        args="[OPTIONS] CONTAINER CHECKPOINT",
        help="Create a checkpoint from a running container",
        handler="checkpoint:create",
        min_args=2,
        max_args=2,
        needs="experimental",
        flags=(
            Flag("checkpoint-dir", "string", "Use a custom checkpoint storage directory"),
            Flag("leave-running", "bool", "Leave the container running after checkpoint"),
        ),
    ),
    Command(
        "checkpoint ls",
        aliases=("checkpoint list",),
        args="[OPTIONS] CONTAINER",
        help="List checkpoints for a container",
        handler="checkpoint:list",
        min_args=1,
        max_args=1,
        needs="experimental",
        flags=(Flag("checkpoint-dir", "string", "Use a custom checkpoint storage directory"),),
    ),
    Command(
        "checkpoint rm",
        aliases=("checkpoint remove",),
        args="[OPTIONS] CONTAINER CHECKPOINT",
        help="Remove a checkpoint",
        handler="checkpoint:remove",
        min_args=2,
        max_args=2,
        needs="experimental",
        flags=(Flag("checkpoint-dir", "string", "Use a custom checkpoint storage directory"),),
    ),
)
