"""Rows of `docker swarm`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
)

NO_SWARM = "swarm mode is not supported by an engine without root and without a daemon"

NOUNS: tuple[Noun, ...] = (Noun("swarm", "Manage Swarm"),)

COMMANDS: tuple[Command, ...] = (
    Command(
        "swarm ca",
        args="[OPTIONS]",
        help="Display and rotate the root CA",
        refused=NOT_A_MANAGER,
        needs="swarm",
        flags=(
            Flag(
                "ca-cert",
                "pem-file",
                "Path to the PEM-formatted root CA certificate to use for the new cluster",
                check="swarm_checks.pem_file",
            ),
            Flag("ca-key", "pem-file", "Path to the PEM-formatted root CA key to use for the new cluster", check="swarm_checks.pem_file"),
            Flag(
                "cert-expiry", "duration", "Validity period for node certificates (ns|us|ms|s|m|h) (default 2160h0m0s)", default="2160h0m0s"
            ),
            Flag("detach", "bool", "Exit immediately instead of waiting for the root rotation to converge", short="d"),
            Flag(
                "external-ca",
                "external-ca",
                "Specifications of one or more certificate signing endpoints",
                check="swarm_checks.external_ca",
            ),
            Flag("quiet", "bool", "Suppress progress output", short="q"),
            Flag("rotate", "bool", "Rotate the swarm CA - if no certificate or key are provided, new ones will be generated"),
        ),
    ),
    Command(
        "swarm init",
        args="[OPTIONS]",
        help="Initialize a swarm",
        handler="swarm:init",
        refused=NO_SWARM,
        flags=(
            Flag("advertise-addr", "string", 'Advertised address (format: "<ip|interface>[:port]")'),
            Flag("autolock", "bool", "Enable manager autolocking (requiring an unlock key to start a stopped manager)"),
            Flag("availability", "string", 'Availability of the node ("active", "pause", "drain") (default "active")', default="active"),
            Flag(
                "cert-expiry", "duration", "Validity period for node certificates (ns|us|ms|s|m|h) (default 2160h0m0s)", default="2160h0m0s"
            ),
            Flag("data-path-addr", "string", 'Address or interface to use for data path traffic (format: "<ip|interface>")'),
            Flag(
                "data-path-port",
                "uint32",
                "Port number to use for data path traffic (1024 - 49151). If no value is set or is set to 0, the default port (4789) is used.",
            ),
            Flag("default-addr-pool", "ipNetSlice", "default address pool in CIDR format (default [])", check="swarm_checks.subnets"),
            Flag("default-addr-pool-mask-length", "uint32", "default address pool subnet mask length (default 24)", default=24),
            Flag("dispatcher-heartbeat", "duration", "Dispatcher heartbeat period (ns|us|ms|s|m|h) (default 5s)", default="5s"),
            Flag(
                "external-ca",
                "external-ca",
                "Specifications of one or more certificate signing endpoints",
                check="swarm_checks.external_ca",
            ),
            Flag("force-new-cluster", "bool", "Force create a new cluster from current state"),
            Flag(
                "listen-addr",
                "node-addr",
                'Listen address (format: "<ip|interface>[:port]") (default 0.0.0.0:2377)',
                default="0.0.0.0:2377",
                check="swarm_checks.node_address",
            ),
            Flag("max-snapshots", "uint", "Number of additional Raft snapshots to retain"),
            Flag("snapshot-interval", "uint", "Number of log entries between Raft snapshots (default 10000)", default=10000),
            Flag("task-history-limit", "int", "Task history retention limit (default 5)", default=5),
        ),
    ),
    Command(
        "swarm join",
        args="[OPTIONS] HOST:PORT",
        help="Join a swarm as a node and/or manager",
        handler="swarm:join",
        refused=NO_SWARM,
        min_args=1,
        max_args=1,
        flags=(
            Flag("advertise-addr", "string", 'Advertised address (format: "<ip|interface>[:port]")'),
            Flag("availability", "string", 'Availability of the node ("active", "pause", "drain") (default "active")', default="active"),
            Flag("data-path-addr", "string", 'Address or interface to use for data path traffic (format: "<ip|interface>")'),
            Flag(
                "listen-addr",
                "node-addr",
                'Listen address (format: "<ip|interface>[:port]") (default 0.0.0.0:2377)',
                default="0.0.0.0:2377",
                check="swarm_checks.node_address",
            ),
            Flag("token", "string", "Token for entry into the swarm"),
        ),
    ),
    Command(
        "swarm join-token",
        args="[OPTIONS] (worker|manager)",
        help="Manage join tokens",
        handler="swarm:join_token",
        refused=NOT_A_MANAGER,
        min_args=1,
        max_args=1,
        needs="swarm",
        flags=(
            Flag("quiet", "bool", "Only display token", short="q"),
            Flag("rotate", "bool", "Rotate join token"),
        ),
    ),
    Command(
        "swarm leave",
        args="[OPTIONS]",
        help="Leave the swarm",
        refused="This node is not part of a swarm",
        needs="swarm",
        flags=(Flag("force", "bool", "Force this node to leave the swarm, ignoring warnings", short="f"),),
    ),
    Command("swarm unlock", help="Unlock swarm", handler="swarm:unlock", refused="This node is not part of a swarm", needs="swarm"),
    Command(
        "swarm unlock-key",
        args="[OPTIONS]",
        help="Manage the unlock key",
        handler="swarm:unlock_key",
        refused=NOT_A_MANAGER,
        needs="swarm",
        flags=(
            Flag("quiet", "bool", "Only display token", short="q"),
            Flag("rotate", "bool", "Rotate unlock key"),
        ),
    ),
    Command(
        "swarm update",
        args="[OPTIONS]",
        help="Update the swarm",
        handler="swarm:update",
        refused=NOT_A_MANAGER,
        needs="swarm",
        flags=(
            Flag("autolock", "bool", "Change manager autolocking setting (true|false)"),
            Flag(
                "cert-expiry", "duration", "Validity period for node certificates (ns|us|ms|s|m|h) (default 2160h0m0s)", default="2160h0m0s"
            ),
            Flag("dispatcher-heartbeat", "duration", "Dispatcher heartbeat period (ns|us|ms|s|m|h) (default 5s)", default="5s"),
            Flag(
                "external-ca",
                "external-ca",
                "Specifications of one or more certificate signing endpoints",
                check="swarm_checks.external_ca",
            ),
            Flag("max-snapshots", "uint", "Number of additional Raft snapshots to retain"),
            Flag("snapshot-interval", "uint", "Number of log entries between Raft snapshots (default 10000)", default=10000),
            Flag("task-history-limit", "int", "Task history retention limit (default 5)", default=5),
        ),
    ),
)
