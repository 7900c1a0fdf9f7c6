"""Rows of `docker system`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOUNS: tuple[Noun, ...] = (Noun("system", "Manage Docker"),)

COMMANDS: tuple[Command, ...] = (
    Command(
        "version",
        args="[OPTIONS]",
        help="Show the Docker version information",
        handler="system:version",
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
        "system df",
        args="[OPTIONS]",
        help="Show docker disk usage",
        handler="system:df",
        flags=(
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            Flag("verbose", "bool", "Show detailed information on space usage", short="v"),
        ),
    ),
    Command(
        "system events",
        aliases=("events",),
        args="[OPTIONS]",
        help="Get real time events from the server",
        handler="system:events",
        flags=(
            Flag("filter", "filter", "Filter output based on conditions provided", short="f", check="filter_word"),
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            Flag("since", "string", "Show all events created since timestamp"),
            Flag("until", "string", "Stream events until this timestamp"),
        ),
    ),
    Command(
        "system info",
        aliases=("info",),
        args="[OPTIONS]",
        help="Display system-wide information",
        handler="system:info",
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
        "system prune",
        args="[OPTIONS]",
        help="Remove unused data",
        handler="system:prune",
        flags=(
            Flag("all", "bool", "Remove all unused images not just dangling ones", short="a"),
            Flag("filter", "filter", 'Provide filter values (e.g. "label=<key>=<value>")', check="filter_word"),
            Flag("force", "bool", "Do not prompt for confirmation", short="f"),
            Flag("volumes", "bool", "Prune anonymous volumes"),
        ),
    ),
    Command(
        "inspect",
        args="[OPTIONS] NAME|ID [NAME|ID...]",
        help="Return low-level information on Docker objects",
        handler="system:inspect",
        min_args=1,
        max_args=-1,
        flags=(
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
                short="f",
            ),
            Flag("size", "bool", "Display total file sizes if the type is container", short="s"),
            Flag("type", "string", "Only inspect objects of the given type"),
        ),
    ),
    Command(
        "system dial-stdio",
        help="Proxy the stdio stream to the daemon connection. Should not be invoked manually.",
        handler="service_api:dial",
        hidden=True,
    ),
    Command(
        "system service",
        args="[OPTIONS]",
        help="Serve the Engine API on a socket, for tools that speak to docker.sock",
        handler="service_api:serve",
        hidden=True,
        flags=(
            Flag("host", "list", "Socket to serve instead of $XDG_RUNTIME_DIR/docker.sock (unix://PATH, tcp://HOST:PORT)", short="H"),
            Flag("time", "duration", "Leave after this long without a connection, 0 for never (default 5m)", short="t", default="5m"),
            Flag("tlscacert", "string", "On TCP: serve clients only whose certificate is signed by this CA"),
            Flag("tlscert", "string", "On TCP: path to the service's certificate file"),
            Flag("tlskey", "string", "On TCP: path to the service's key file"),
            Flag("tlsverify", "bool", "Serve TCP with TLS, to clients with a certificate"),
        ),
    ),
    Command(
        "doctor",
        args="[OPTIONS]",
        help="Check what this machine needs for running containers, and say how to mend what is lacking",
        handler="system:doctor",
        hidden=True,
        flags=(Flag("quiet", "bool", "Only show what is not in order", short="q"),),
    ),
    Command(
        "system reset",
        args="[OPTIONS]",
        help="End all containers and remove everything that this engine has stored",
        handler="system:reset",
        hidden=True,
        flags=(Flag("force", "bool", "Do not prompt for confirmation", short="f"),),
    ),
)
