"""This program as the CLI plugin `docker-buildx` of docker's own client and of compose: a link of that name to it.

Their builds are this builder's then, which over the socket they could only ask classically. docker's client says all of its words
(`docker-buildx --debug buildx build .`), compose its own alone (`docker-buildx bake --file -`).
Source: docker's documentation of cli-plugins, the behaviour of docker's client 28 and compose 2.40.
"""

from __future__ import annotations

from dockercompat import json
from dockercompat.cli import flags, plugins
from dockercompat.cli.surface import root
from dockercompat.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME = "docker-buildx"
_NOUN = "buildx"
_VERSION = "v0.24.0-pydocker"  # the buildx whose commands and flags are built in; compose wants 0.17 or later
_ABOUT = {
    "SchemaVersion": plugins.SCHEMA,
    "Vendor": "pydocker",
    "Version": _VERSION,
    "ShortDescription": "Docker Buildx, with pydocker's own builder",
}


def run(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Carry out one command line of the plugin and return its exit status."""
    if list(words) == [plugins.METADATA]:
        print(json.dumps(_ABOUT, separators=(",", ":")))
        return 0
    from dockercompat.cli import main

    return main.run(line(words), environ)


def line(given: Sequence[str]) -> list[str]:
    """A command line of this program for one of the plugin."""
    try:
        _, rest = flags.parse(root.FLAGS, given, interspersed=False)
    except UsageError:  # a flag of buildx's own
        rest = []
    return list(given) if list(rest[:1]) == [_NOUN] else [_NOUN, *given]
