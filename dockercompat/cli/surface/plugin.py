"""Rows of `docker plugin`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOUNS: tuple[Noun, ...] = (Noun("plugin", "Manage plugins"),)

COMMANDS: tuple[Command, ...] = (
    Command(
        "plugin create",
        args="[OPTIONS] PLUGIN PLUGIN-DATA-DIR",
        help="Create a plugin from a rootfs and configuration. Plugin data directory must contain config.json and rootfs directory.",
        handler="plugin:create",
        refused="plugins are not supported by an engine without root and without a daemon",
        min_args=2,
        max_args=-1,
        flags=(Flag("compress", "bool", "Compress the context using gzip"),),
    ),
    Command(
        "plugin disable",
        args="[OPTIONS] PLUGIN",
        help="Disable a plugin",
        handler="plugin:disable",
        min_args=1,
        max_args=1,
        flags=(Flag("force", "bool", "Force the disable of an active plugin", short="f"),),
    ),
    Command(
        "plugin enable",
        args="[OPTIONS] PLUGIN",
        help="Enable a plugin",
        handler="plugin:enable",
        min_args=1,
        max_args=1,
        flags=(Flag("timeout", "int", "HTTP client timeout (in seconds) (default 30)", default=30),),
    ),
    Command(
        "plugin inspect",
        args="[OPTIONS] PLUGIN [PLUGIN...]",
        help="Display detailed information on one or more plugins",
        handler="plugin:inspect",
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
        "plugin install",
        args="[OPTIONS] PLUGIN [KEY=VALUE...]",
        help="Install a plugin",
        handler="plugin:install",
        refused="plugins are not supported by an engine without root and without a daemon",
        min_args=1,
        max_args=-1,
        flags=(
            Flag("alias", "string", "Local name for plugin"),
            Flag("disable", "bool", "Do not enable the plugin on install"),
            Flag("disable-content-trust", "bool", "Skip image verification (default true)", default=True),
            Flag("grant-all-permissions", "bool", "Grant all permissions necessary to run the plugin"),
        ),
    ),
    Command(
        "plugin ls",
        aliases=("plugin list",),
        args="[OPTIONS]",
        help="List plugins",
        handler="plugin:list",
        flags=(
            Flag("filter", "filter", 'Provide filter values (e.g. "enabled=true")', short="f", check="filter_word"),
            Flag(
                "format",
                "string",
                "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates",
            ),
            Flag("no-trunc", "bool", "Don't truncate output"),
            Flag("quiet", "bool", "Only display plugin IDs", short="q"),
        ),
    ),
    Command(
        "plugin push",
        args="[OPTIONS] PLUGIN[:TAG]",
        help="Push a plugin to a registry",
        handler="plugin:push",
        min_args=1,
        max_args=1,
        flags=(Flag("disable-content-trust", "bool", "Skip image signing (default true)", default=True),),
    ),
    Command(
        "plugin rm",
        aliases=("plugin remove",),
        args="[OPTIONS] PLUGIN [PLUGIN...]",
        help="Remove one or more plugins",
        handler="plugin:remove",
        min_args=1,
        max_args=-1,
        flags=(Flag("force", "bool", "Force the removal of an active plugin", short="f"),),
    ),
    Command(
        "plugin set",
        args="PLUGIN KEY=VALUE [KEY=VALUE...]",
        help="Change settings for a plugin",
        handler="plugin:set",
        min_args=2,
        max_args=-1,
    ),
    Command(
        "plugin upgrade",
        args="[OPTIONS] PLUGIN [REMOTE]",
        help="Upgrade an existing plugin",
        handler="plugin:upgrade",
        min_args=1,
        max_args=2,
        flags=(
            Flag("disable-content-trust", "bool", "Skip image verification (default true)", default=True),
            Flag("grant-all-permissions", "bool", "Grant all permissions necessary to run the plugin"),
            Flag("skip-remote-check", "bool", "Do not check if specified remote plugin matches existing plugin image"),
        ),
    ),
)
