"""Rows of `docker trust`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOUNS: tuple[Noun, ...] = (
    Noun("trust", "Manage trust on Docker images"),
    Noun("trust key", "Manage keys for signing Docker images"),
    Noun("trust signer", "Manage entities who can sign Docker images"),
)

COMMANDS: tuple[Command, ...] = (
    Command(
        "trust key generate",
        args="NAME",
        help="Generate and load a signing key-pair",
        handler="trust:generate_key",
        refused="Docker Content Trust is not supported: its public Notary service is retired",
        min_args=1,
        max_args=1,
        flags=(Flag("dir", "string", "Directory to generate key in, defaults to current directory"),),
    ),
    Command(
        "trust key load",
        args="[OPTIONS] KEYFILE",
        help="Load a private key file for signing",
        handler="trust:load_key",
        refused="Docker Content Trust is not supported: its public Notary service is retired",
        min_args=1,
        max_args=1,
        flags=(Flag("name", "string", 'Name for the loaded key (default "signer")', default="signer"),),
    ),
    Command(
        "trust signer add",
        args="OPTIONS NAME REPOSITORY [REPOSITORY...] ",
        help="Add a signer",
        handler="trust:add_signer",
        refused="Docker Content Trust is not supported: its public Notary service is retired",
        min_args=2,
        max_args=-1,
        flags=(Flag("key", "list", "Path to the signer's public key file"),),
    ),
    Command(
        "trust signer remove",
        args="[OPTIONS] NAME REPOSITORY [REPOSITORY...]",
        help="Remove a signer",
        refused="Docker Content Trust is not supported: its public Notary service is retired",
        min_args=2,
        max_args=-1,
        flags=(Flag("force", "bool", "Do not prompt for confirmation before removing the most recent signer", short="f"),),
    ),
    Command(
        "trust inspect",
        args="IMAGE[:TAG] [IMAGE[:TAG]...]",
        help="Return low-level information about keys and signatures",
        handler="trust:inspect",
        min_args=1,
        max_args=-1,
        flags=(Flag("pretty", "bool", "Print the information in a human friendly format"),),
    ),
    Command(
        "trust revoke",
        args="[OPTIONS] IMAGE[:TAG]",
        help="Remove trust for an image",
        handler="trust:revoke",
        refused="Docker Content Trust is not supported: its public Notary service is retired",
        min_args=1,
        max_args=1,
        flags=(Flag("yes", "bool", "Do not prompt for confirmation", short="y"),),
    ),
    Command(
        "trust sign",
        args="IMAGE:TAG",
        help="Sign an image",
        handler="trust:sign",
        refused="Docker Content Trust is not supported: its public Notary service is retired",
        min_args=1,
        max_args=1,
        flags=(Flag("local", "bool", "Sign a locally tagged image"),),
    ),
)
