"""Rows of `docker context`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOUNS: tuple[Noun, ...] = (Noun("context", "Manage contexts"),)

COMMANDS: tuple[Command, ...] = (
    Command(
        "context create",
        args="[OPTIONS] CONTEXT",
        help="Create a context",
        long='Create a context\n\nDocker endpoint config:\n\nNAME                DESCRIPTION\nfrom                Copy named context\'s Docker endpoint configuration\nhost                Docker endpoint on which to connect\nca                  Trust certs signed only by this CA\ncert                Path to TLS certificate file\nkey                 Path to TLS key file\nskip-tls-verify     Skip TLS certificate validation\n\nExample:\n\n$ docker context create my-context --description "some description" --docker "host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file"',
        handler="context:create",
        min_args=1,
        max_args=1,
        flags=(
            Flag("description", "string", "Description of the context"),
            Flag("docker", "stringToString", "set the docker endpoint (default [])", check="key_values"),
            Flag("from", "string", "create context from a named context"),
        ),
    ),
    Command(
        "context export",
        args="[OPTIONS] CONTEXT [FILE|-]",
        help="Export a context to a tar archive FILE or a tar stream on STDOUT.",
        handler="context:export",
        min_args=1,
        max_args=2,
    ),
    Command(
        "context import",
        args="CONTEXT FILE|-",
        help="Import a context from a tar or zip file",
        handler="context:import_",
        min_args=2,
        max_args=2,
    ),
    Command(
        "context inspect",
        args="[OPTIONS] [CONTEXT] [CONTEXT...]",
        help="Display detailed information on one or more contexts",
        handler="context:inspect",
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
        "context ls",
        aliases=("context list",),
        args="[OPTIONS]",
        help="List contexts",
        handler="context:list",
        flags=(
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            Flag("quiet", "bool", "Only show context names", short="q"),
        ),
    ),
    Command(
        "context rm",
        aliases=("context remove",),
        args="CONTEXT [CONTEXT...]",
        help="Remove one or more contexts",
        handler="context:remove",
        min_args=1,
        max_args=-1,
        flags=(Flag("force", "bool", "Force the removal of a context in use", short="f"),),
    ),
    Command("context show", help="Print the name of the current context", handler="context:show"),
    Command(
        "context update",
        args="[OPTIONS] CONTEXT",
        help="Update a context",
        long='Update a context\n\nDocker endpoint config:\n\nNAME                DESCRIPTION\nfrom                Copy named context\'s Docker endpoint configuration\nhost                Docker endpoint on which to connect\nca                  Trust certs signed only by this CA\ncert                Path to TLS certificate file\nkey                 Path to TLS key file\nskip-tls-verify     Skip TLS certificate validation\n\nExample:\n\n$ docker context update my-context --description "some description" --docker "host=tcp://myserver:2376,ca=~/ca-file,cert=~/cert-file,key=~/key-file"',
        handler="context:update",
        min_args=1,
        max_args=1,
        flags=(
            Flag("description", "string", "Description of the context"),
            Flag("docker", "stringToString", "set the docker endpoint (default [])", check="key_values"),
        ),
    ),
    Command(
        "context use",
        args="CONTEXT",
        help="Set the current docker context",
        handler="context:use",
        min_args=1,
        max_args=1,
        plain_count=True,
    ),
)
