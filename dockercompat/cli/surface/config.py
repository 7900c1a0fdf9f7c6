"""Rows of `docker config`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
)

NOUNS: tuple[Noun, ...] = (Noun("config", "Manage Swarm configs", needs="swarm"),)

COMMANDS: tuple[Command, ...] = (
    Command(
        "config create",
        args="[OPTIONS] CONFIG file|-",
        help="Create a config from a file or STDIN",
        handler="config:create",
        refused=NOT_A_MANAGER,
        min_args=2,
        max_args=2,
        flags=(
            Flag("label", "list", "Config labels", short="l", check="label"),
            Flag("template-driver", "string", "Template driver"),
        ),
    ),
    Command(
        "config inspect",
        args="[OPTIONS] CONFIG [CONFIG...]",
        help="Display detailed information on one or more configs",
        handler="config:inspect",
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
        "config ls",
        aliases=("config list",),
        args="[OPTIONS]",
        help="List configs",
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
        "config rm",
        aliases=("config remove",),
        args="CONFIG [CONFIG...]",
        help="Remove one or more configs",
        handler="config:remove",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=-1,
    ),
)
