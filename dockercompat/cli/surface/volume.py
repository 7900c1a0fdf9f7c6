"""Rows of `docker volume`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

_OF_CLUSTERS = "docker, too, reads it for cluster volumes only"

NOUNS: tuple[Noun, ...] = (Noun("volume", "Manage volumes", shown_args="COMMAND"),)

COMMANDS: tuple[Command, ...] = (
    Command(
        "volume create",
        args="[OPTIONS] [VOLUME]",
        help="Create a volume",
        handler="volume:create",
        max_args=1,
        flags=(
            Flag(
                "availability",
                "string",
                'Cluster Volume availability ("active", "pause", "drain") (default "active")',
                default="active",
                needs="swarm",
            ),
            Flag("driver", "string", 'Specify volume driver name (default "local")', short="d", default="local"),
            Flag("group", "string", "Cluster Volume group (cluster volumes)", needs="swarm"),
            Flag("label", "list", "Set metadata for a volume", check="label"),
            Flag("limit-bytes", "bytes", "Minimum size of the Cluster Volume in bytes", needs="swarm"),
            Flag("opt", "map", "Set driver specific options (default map[])", short="o"),
            Flag("required-bytes", "bytes", "Maximum size of the Cluster Volume in bytes", needs="swarm"),
            Flag("scope", "string", 'Cluster Volume access scope ("single", "multi") (default "single")', default="single", needs="swarm"),
            Flag("secret", "map", "Cluster Volume secrets (default map[])", needs="swarm", no_effect=_OF_CLUSTERS),
            Flag(
                "sharing",
                "string",
                'Cluster Volume access sharing ("none", "readonly", "onewriter", "all") (default "none")',
                default="none",
                needs="swarm",
            ),
            Flag(
                "topology-preferred",
                "list",
                "A topology that the Cluster Volume would be preferred in",
                needs="swarm",
                no_effect=_OF_CLUSTERS,
            ),
            Flag(
                "topology-required",
                "list",
                "A topology that the Cluster Volume must be accessible from",
                needs="swarm",
                no_effect=_OF_CLUSTERS,
            ),
            Flag("type", "string", 'Cluster Volume access type ("mount", "block") (default "block")', default="block", needs="swarm"),
            Flag("name", "string", hidden=True),
        ),
    ),
    Command(
        "volume inspect",
        args="[OPTIONS] VOLUME [VOLUME...]",
        help="Display detailed information on one or more volumes",
        handler="volume:inspect",
        min_args=1,
        max_args=-1,
        flags=(
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
                short="f",
            ),
        ),
    ),
    Command(
        "volume ls",
        aliases=("volume list",),
        args="[OPTIONS]",
        help="List volumes",
        handler="volume:list",
        flags=(
            Flag(
                "cluster",
                "bool",
                "Display only cluster volumes, and use cluster volume list formatting",
                needs="swarm",
                no_effect="an engine outside a swarm has no cluster volumes",
            ),
            Flag("filter", "filter", 'Provide filter values (e.g. "dangling=true")', short="f", check="filter_word"),
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            Flag("quiet", "bool", "Only display volume names", short="q"),
        ),
    ),
    Command(
        "volume prune",
        args="[OPTIONS]",
        help="Remove unused local volumes",
        handler="volume:prune",
        flags=(
            Flag("all", "bool", "Remove all unused volumes, not just anonymous ones", short="a"),
            Flag("filter", "filter", 'Provide filter values (e.g. "label=<label>")', check="filter_word"),
            Flag("force", "bool", "Do not prompt for confirmation", short="f"),
        ),
    ),
    Command(
        "volume rm",
        aliases=("volume remove",),
        args="[OPTIONS] VOLUME [VOLUME...]",
        help="Remove one or more volumes",
        long="Remove one or more volumes. You cannot remove a volume that is in use by a container.",
        handler="volume:remove",
        min_args=1,
        max_args=-1,
        flags=(Flag("force", "bool", "Force the removal of one or more volumes", short="f"),),
    ),
    Command(
        "volume update",
        args="[OPTIONS] [VOLUME]",
        help="Update a volume (cluster volumes only)",
        handler="volume:update",
        min_args=1,
        max_args=1,
        needs="swarm",
        flags=(
            Flag(
                "availability",
                "string",
                'Cluster Volume availability ("active", "pause", "drain") (default "active")',
                default="active",
                needs="cluster",
            ),
        ),
    ),
)
