"""Rows of `docker node`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
)

NOUNS: tuple[Noun, ...] = (Noun("node", "Manage Swarm nodes", needs="swarm"),)

COMMANDS: tuple[Command, ...] = (
    Command(
        "node demote",
        args="NODE [NODE...]",
        help="Demote one or more nodes from manager in the swarm",
        handler="node:change_role",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=-1,
    ),
    Command(
        "node inspect",
        args="[OPTIONS] self|NODE [NODE...]",
        help="Display detailed information on one or more nodes",
        handler="node:inspect",
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
        "node ls",
        aliases=("node list",),
        args="[OPTIONS]",
        help="List nodes in the swarm",
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
        "node promote",
        args="NODE [NODE...]",
        help="Promote one or more nodes to manager in the swarm",
        handler="node:change_role",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=-1,
    ),
    Command(
        "node ps",
        args="[OPTIONS] [NODE...]",
        help="List tasks running on one or more nodes, defaults to current node",
        handler="node:tasks",
        refused=NOT_A_MANAGER,
        max_args=-1,
        flags=(
            Flag("filter", "filter", "Filter output based on conditions provided", short="f", check="filter_word"),
            Flag("format", "string", "Pretty-print tasks using a Go template"),
            Flag("no-resolve", "bool", "Do not map IDs to Names"),
            Flag("no-trunc", "bool", "Do not truncate output"),
            Flag("quiet", "bool", "Only display task IDs", short="q"),
        ),
    ),
    Command(
        "node rm",
        aliases=("node remove",),
        args="[OPTIONS] NODE [NODE...]",
        help="Remove one or more nodes from the swarm",
        handler="node:remove",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=-1,
        flags=(Flag("force", "bool", "Force remove a node from the swarm", short="f"),),
    ),
    Command(
        "node update",
        args="[OPTIONS] NODE",
        help="Update a node",
        handler="node:update",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=1,
        flags=(
            Flag("availability", "string", 'Availability of the node ("active", "pause", "drain")'),
            Flag("label-add", "list", 'Add or update a node label ("key=value")'),
            Flag("label-rm", "list", "Remove a node label if exists"),
            Flag("role", "string", 'Role of the node ("worker", "manager")'),
        ),
    ),
)
