"""Rows of `docker completion`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

_NO_DESCRIPTIONS = Flag("no-descriptions", "bool", "disable completion descriptions")

NOUNS: tuple[Noun, ...] = (
    Noun(
        "completion",
        "Generate the autocompletion script for the specified shell",
        long="Generate the autocompletion script for docker for the specified shell.\nSee each sub-command's help for details on how to use the generated script.",
        hidden=True,
    ),
)

COMMANDS: tuple[Command, ...] = (
    Command("completion bash", help="Generate the autocompletion script for bash", handler="completion:bash", flags=(_NO_DESCRIPTIONS,)),
    Command("completion fish", help="Generate the autocompletion script for fish", handler="completion:fish", flags=(_NO_DESCRIPTIONS,)),
    Command("completion zsh", help="Generate the autocompletion script for zsh", handler="completion:zsh", flags=(_NO_DESCRIPTIONS,)),
)
