"""Rows of `docker secret`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
)

NOUNS: tuple[Noun, ...] = (Noun("secret", "Manage Swarm secrets", needs="swarm"),)

COMMANDS: tuple[Command, ...] = (
    Command(
        "secret create",
        args="[OPTIONS] SECRET [file|-]",
        help="Create a secret from a file or STDIN as content",
        handler="secret:create",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=2,
        flags=(
            Flag("driver", "string", "Secret driver", short="d"),
            Flag("label", "list", "Secret labels", short="l", check="label"),
            Flag("template-driver", "string", "Template driver"),
        ),
    ),
    Command(
        "secret inspect",
        args="[OPTIONS] SECRET [SECRET...]",
        help="Display detailed information on one or more secrets",
        handler="secret:inspect",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=-1,
        flags=(
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
                short="f",
            ),
            Flag("pretty", "bool", "Print the information in a human friendly format"),
        ),
    ),
    Command(
        "secret ls",
        aliases=("secret list",),
        args="[OPTIONS]",
        help="List secrets",
        refused=NOT_A_MANAGER,
        flags=(
            Flag("filter", "filter", "Filter output based on conditions provided", short="f", check="filter_word"),
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            Flag("quiet", "bool", "Only display IDs", short="q"),
        ),
    ),
    Command(
        "secret rm",
        aliases=("secret remove",),
        args="SECRET [SECRET...]",
        help="Remove one or more secrets",
        handler="secret:remove",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=-1,
    ),
)
