"""Rows of `docker login` and `docker logout`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOUNS: tuple[Noun, ...] = ()

COMMANDS: tuple[Command, ...] = (
    Command(
        "login",
        args="[OPTIONS] [SERVER]",
        help="Authenticate to a registry",
        long="Authenticate to a registry.\nDefaults to Docker Hub if no server is specified.",
        handler="registry:login",
        max_args=1,
        flags=(
            Flag("password", "string", "Password or Personal Access Token (PAT)", short="p"),
            Flag("password-stdin", "bool", "Take the Password or Personal Access Token (PAT) from stdin"),
            Flag("username", "string", "Username", short="u"),
        ),
    ),
    Command(
        "logout",
        args="[SERVER]",
        help="Log out from a registry",
        long="Log out from a registry.\nIf no server is specified, the default is defined by the daemon.",
        handler="registry:logout",
        max_args=1,
    ),
)
