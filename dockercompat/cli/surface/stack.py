"""Rows of `docker stack`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
)

NOUNS: tuple[Noun, ...] = (Noun("stack", "Manage Swarm stacks", needs="swarm", shown_args="[OPTIONS]"),)

COMMANDS: tuple[Command, ...] = (
    Command(
        "stack config",
        args="[OPTIONS]",
        help="Outputs the final config file, after doing merges and interpolations",
        handler="stack:config",
        flags=(
            Flag("compose-file", "strings", 'Path to a Compose file, or "-" to read from stdin', short="c"),
            Flag("skip-interpolation", "bool", "Skip interpolation and output only merged config"),
            Flag("orchestrator", "string", hidden=True, deprecated="option will be ignored", no_effect="there is one orchestrator"),
        ),
    ),
    Command(
        "stack deploy",
        aliases=("stack up",),
        args="[OPTIONS] STACK",
        help="Deploy a new stack or update an existing stack",
        handler="stack:deploy",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=1,
        flags=(
            Flag("compose-file", "strings", 'Path to a Compose file, or "-" to read from stdin', short="c"),
            Flag(
                "detach",
                "bool",
                "Exit immediately instead of waiting for the stack services to converge (default true)",
                short="d",
                default=True,
            ),
            Flag("prune", "bool", "Prune services that are no longer referenced"),
            Flag("quiet", "bool", "Suppress progress output", short="q"),
            Flag(
                "resolve-image",
                "string",
                'Query the registry to resolve image digest and supported platforms ("always", "changed", "never") (default "always")',
                default="always",
            ),
            Flag("with-registry-auth", "bool", "Send registry authentication details to Swarm agents"),
            Flag("orchestrator", "string", hidden=True, deprecated="option will be ignored", no_effect="there is one orchestrator"),
        ),
    ),
    Command(
        "stack ls",
        aliases=("stack list",),
        args="[OPTIONS]",
        help="List stacks",
        refused=NOT_A_MANAGER,
        flags=(
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            Flag("orchestrator", "string", hidden=True, deprecated="option will be ignored", no_effect="there is one orchestrator"),
        ),
    ),
    Command(
        "stack ps",
        args="[OPTIONS] STACK",
        help="List the tasks in the stack",
        handler="stack:named",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=1,
        flags=(
            Flag("filter", "filter", "Filter output based on conditions provided", short="f", check="filter_word"),
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            Flag("no-resolve", "bool", "Do not map IDs to Names"),
            Flag("no-trunc", "bool", "Do not truncate output"),
            Flag("quiet", "bool", "Only display task IDs", short="q"),
            Flag("orchestrator", "string", hidden=True, deprecated="option will be ignored", no_effect="there is one orchestrator"),
        ),
    ),
    Command(
        "stack rm",
        aliases=("stack remove", "stack down"),
        args="[OPTIONS] STACK [STACK...]",
        help="Remove one or more stacks",
        handler="stack:named",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=-1,
        flags=(
            Flag("detach", "bool", "Do not wait for stack removal (default true)", short="d", default=True),
            Flag("orchestrator", "string", hidden=True, deprecated="option will be ignored", no_effect="there is one orchestrator"),
        ),
    ),
    Command(
        "stack services",
        args="[OPTIONS] STACK",
        help="List the services in the stack",
        handler="stack:named",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=1,
        flags=(
            Flag("filter", "filter", "Filter output based on conditions provided", short="f", check="filter_word"),
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            Flag("quiet", "bool", "Only display IDs", short="q"),
            Flag("orchestrator", "string", hidden=True, deprecated="option will be ignored", no_effect="there is one orchestrator"),
        ),
    ),
)
