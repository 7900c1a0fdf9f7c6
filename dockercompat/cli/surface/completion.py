"""Rows of `docker completion`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

_NO_DESCRIPTIONS = Flag("no-descriptions", "bool", "disable completion descriptions")

NOUNS: tuple[Noun, ...] = (
    Noun(
        "completion",
        "Generate the autocompletion script for the specified shell",
        long="Generate the autocompletion script for docker for the specified shell.\nSee each sub-command's help for details on how to use the generated script.",
        hidden=True,
        help_for_all=True,
    ),
)

COMMANDS: tuple[Command, ...] = (
    Command(
        "completion bash",
        help="Generate the autocompletion script for bash",
        handler="completion:bash",
        flags=(_NO_DESCRIPTIONS,),
        args="",
        long="""Generate the autocompletion script for the bash shell.

This script depends on the 'bash-completion' package.
If it is not installed already, you can install it via your OS's package manager.

To load completions in your current shell session:

	source <(docker completion bash)

To load completions for every new session, execute once:

#### Linux:

	docker completion bash > /etc/bash_completion.d/docker

#### macOS:

	docker completion bash > $(brew --prefix)/etc/bash_completion.d/docker

You will need to start a new shell for this setup to take effect.""",
    ),
    Command(
        "completion fish",
        help="Generate the autocompletion script for fish",
        handler="completion:fish",
        flags=(_NO_DESCRIPTIONS,),
        args="[flags]",
        long="""Generate the autocompletion script for the fish shell.

To load completions in your current shell session:

	docker completion fish | source

To load completions for every new session, execute once:

	docker completion fish > ~/.config/fish/completions/docker.fish

You will need to start a new shell for this setup to take effect.""",
    ),
    Command(
        "completion powershell",
        help="Generate the autocompletion script for powershell",
        handler="completion:powershell",
        flags=(_NO_DESCRIPTIONS,),
        args="[flags]",
        long="""Generate the autocompletion script for powershell.

To load completions in your current shell session:

	docker completion powershell | Out-String | Invoke-Expression

To load completions for every new session, add the output of the above command
to your powershell profile.""",
    ),
    Command(
        "completion zsh",
        help="Generate the autocompletion script for zsh",
        handler="completion:zsh",
        flags=(_NO_DESCRIPTIONS,),
        args="[flags]",
        long="""Generate the autocompletion script for the zsh shell.

If shell completion is not already enabled in your environment you will need
to enable it.  You can execute the following once:

	echo "autoload -U compinit; compinit" >> ~/.zshrc

To load completions in your current shell session:

	source <(docker completion zsh)

To load completions for every new session, execute once:

#### Linux:

	docker completion zsh > "${fpath[1]}/_docker"

#### macOS:

	docker completion zsh > $(brew --prefix)/share/zsh/site-functions/_docker

You will need to start a new shell for this setup to take effect.""",
    ),
)
