"""What a graph is solved with, and what each of its vertices gives."""

from __future__ import annotations

from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockercompat.build.solving.imported import Imported
    from dockercompat.build.solving.tree import Tree
    from dockercompat.engine.image.leases import Lease


class Secret(Record):
    """Where `--secret` takes a secret from: a file, or the text itself."""

    path: str = ""
    text: str | None = None


class Inputs(Record):
    """What the caller gives besides the graph.

    lease    keeps the layers that the build counts on
    trees    name of a context -> its tree
    secrets  by id; ssh: id -> path of an agent's socket
    imported  cache that is kept elsewhere
    origin    what tells one Dockerfile's steps from another's, for explanations
    explains  say why steps were not found in the cache
    shell     open a shell where a step failed
    streams   keep what a command writes to standard error apart
    """

    lease: Lease
    trees: Mapping[str, Tree]
    secrets: Mapping[str, Secret]
    ssh: Mapping[str, str]
    imported: Imported | None = None
    origin: str = ""
    explains: bool = False
    shell: bool = False
    streams: bool = False


class Outcome(Record):
    """What a vertex gave: a stack of layers (base first), or a tree of files. key: its cache key, "" where it made no layer."""

    diff_ids: tuple[str, ...]
    created_ns: int = 0
    tree_dir: str = ""
    content: str = ""
    key: str = ""
