"""Rows of `docker manifest`."""

from dockercompat.cli.surface.rows import Command, Flag, Noun

NOUNS: tuple[Noun, ...] = (
    Noun(
        "manifest",
        "Manage Docker image manifests and manifest lists",
        long="The **docker manifest** command has subcommands for managing image manifests and\nmanifest lists. A manifest list allows you to use one name to refer to the same image\nbuilt for multiple architectures.\n\nTo see help for a subcommand, use:\n\n    docker manifest CMD --help\n\nFor full details on using docker manifest lists, see the registry v2 specification.\n\nEXPERIMENTAL:\n  docker manifest is an experimental feature.\n  Experimental features provide early access to product functionality. These\n  features may change between releases without warning, or can be removed from a\n  future release. Learn more about experimental features in our documentation:\n  https://docs.docker.com/go/experimental/",
        shown_args="COMMAND",
        blank_first=True,
    ),
)

COMMANDS: tuple[Command, ...] = (
    Command(
        "manifest annotate",
        args="[OPTIONS] MANIFEST_LIST MANIFEST",
        help="Add additional information to a local image manifest",
        long="Add additional information to a local image manifest\n\nEXPERIMENTAL:\n  docker manifest annotate is an experimental feature.\n  Experimental features provide early access to product functionality. These\n  features may change between releases without warning, or can be removed from a\n  future release. Learn more about experimental features in our documentation:\n  https://docs.docker.com/go/experimental/",
        handler="manifest:annotate",
        min_args=2,
        max_args=2,
        flags=(
            Flag("arch", "string", "Set architecture"),
            Flag("os", "string", "Set operating system"),
            Flag("os-features", "strings", "Set operating system feature"),
            Flag("os-version", "string", "Set operating system version"),
            Flag("variant", "string", "Set architecture variant"),
        ),
    ),
    Command(
        "manifest create",
        args="MANIFEST_LIST MANIFEST [MANIFEST...]",
        help="Create a local manifest list for annotating and pushing to a registry",
        long="Create a local manifest list for annotating and pushing to a registry\n\nEXPERIMENTAL:\n  docker manifest create is an experimental feature.\n  Experimental features provide early access to product functionality. These\n  features may change between releases without warning, or can be removed from a\n  future release. Learn more about experimental features in our documentation:\n  https://docs.docker.com/go/experimental/",
        handler="manifest:create",
        min_args=2,
        max_args=-1,
        flags=(
            Flag("amend", "bool", "Amend an existing manifest list", short="a"),
            Flag("insecure", "bool", "Allow communication with an insecure registry"),
        ),
    ),
    Command(
        "manifest inspect",
        args="[OPTIONS] [MANIFEST_LIST] MANIFEST",
        help="Display an image manifest, or manifest list",
        long="Display an image manifest, or manifest list\n\nEXPERIMENTAL:\n  docker manifest inspect is an experimental feature.\n  Experimental features provide early access to product functionality. These\n  features may change between releases without warning, or can be removed from a\n  future release. Learn more about experimental features in our documentation:\n  https://docs.docker.com/go/experimental/",
        handler="manifest:inspect",
        min_args=1,
        max_args=2,
        flags=(
            Flag("insecure", "bool", "Allow communication with an insecure registry"),
            Flag("verbose", "bool", "Output additional info including layers and platform", short="v"),
        ),
    ),
    Command(
        "manifest push",
        args="[OPTIONS] MANIFEST_LIST",
        help="Push a manifest list to a repository",
        long="Push a manifest list to a repository\n\nEXPERIMENTAL:\n  docker manifest push is an experimental feature.\n  Experimental features provide early access to product functionality. These\n  features may change between releases without warning, or can be removed from a\n  future release. Learn more about experimental features in our documentation:\n  https://docs.docker.com/go/experimental/",
        handler="manifest:push",
        min_args=1,
        max_args=1,
        flags=(
            Flag("insecure", "bool", "Allow push to an insecure registry"),
            Flag("purge", "bool", "Remove the local manifest list after push", short="p"),
        ),
    ),
    Command(
        "manifest rm",
        args="MANIFEST_LIST [MANIFEST_LIST...]",
        help="Delete one or more manifest lists from local storage",
        long="Delete one or more manifest lists from local storage\n\nEXPERIMENTAL:\n  docker manifest rm is an experimental feature.\n  Experimental features provide early access to product functionality. These\n  features may change between releases without warning, or can be removed from a\n  future release. Learn more about experimental features in our documentation:\n  https://docs.docker.com/go/experimental/",
        handler="manifest:remove",
        min_args=1,
        max_args=-1,
    ),
)
