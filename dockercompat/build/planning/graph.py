"""The build graph: content-addressed operations and what they need. A value with a text form; nothing here acts.

A vertex's digest is over its operation and its inputs' digests, so that equal work of two stages is one vertex.
Its cache key is found while solving: it is over the operation and the inputs' keys, or the content of what is copied.
"""

from __future__ import annotations

import hashlib

from dockercompat import json
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from dockercompat.build.dockerfile.lint import Finding

SCRATCH = ""


class Op(Record):
    """What a vertex does. `key_fields` names what a cache key counts; the rest only helps to do it."""

    kind = "op"

    def definition(self) -> dict[str, Any]:
        """The operation as JSON for digests: everything that makes a different result."""
        return {"op": self.kind, **{name: _plain(value) for name, value in sorted(self.__dict__.items()) if name not in self.ignored()}}

    def ignored(self) -> tuple[str, ...]:
        return ()

    def documents(self) -> int:
        """How many files it has whose content stands in the Dockerfile."""
        return 0


class ImageOp(Op):
    """The root file system of an image of the store."""

    reference: str
    image_id: str
    diff_ids: tuple[str, ...]

    kind = "image"

    def ignored(self) -> tuple[str, ...]:
        return ("reference", "image_id")


class ContextOp(Op):
    """A tree of the caller: the build context or a named one. Its key is the content of what is taken from it."""

    name: str

    kind = "context"


class UrlOp(Op):
    """One file fetched by http or https, named filename, mode 0600."""

    url: str
    filename: str
    checksum: str = ""

    kind = "url"


class GitOp(Op):
    """A commit of a repository checked out, without its .git unless keep_git_dir."""

    url: str
    keep_git_dir: bool = False
    checksum: str = ""

    kind = "git"


class MountOp(Record):
    """A mount of a RUN. input: index into the vertex's inputs, -1 for none (an empty tree); texts are expanded."""

    type: str
    target: str
    source: str = "/"
    input: int = -1
    read_only: bool = True
    id: str = ""
    sharing: str = "shared"
    required: bool = False
    size_bytes: int = 0
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    env: str = ""
    content: str = ""  # type inline: the text of a file that is run


class RunOp(Op):
    """A command on top of input 0. cwd is absolute; env in order; proxies are given to it and count for nothing."""

    args: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    cwd: str
    user: str
    mounts: tuple[MountOp, ...] = ()
    network: str = "default"
    security: str = "sandbox"
    platform: str = ""
    shm_size_bytes: int = 0
    ulimits: tuple[str, ...] = ()
    proxies: tuple[tuple[str, str], ...] = ()
    hosts: tuple[str, ...] = ()

    kind = "run"

    def ignored(self) -> tuple[str, ...]:
        return ("proxies", "hosts")

    def documents(self) -> int:
        return sum(mount.type == "inline" for mount in self.mounts)

    def definition(self) -> dict[str, Any]:
        fields = super().definition()
        for mount in fields["mounts"]:
            if mount["type"] in ("secret", "ssh", "cache"):
                for name in ("id", "required", "sharing", "mode", "uid", "gid"):
                    mount.pop(name, None)
        return fields


class SourceOp(Record):
    """One source of a copy: a path or glob of one input, or inline content."""

    input: int
    path: str
    content: str = ""
    unpack: bool = False
    wildcards: bool = True


class CopyOp(Op):
    """Files of other trees put on top of input 0 (index 0 may be SCRATCH)."""

    sources: tuple[SourceOp, ...]
    destination: str
    chown: str = ""
    chmod: str = ""
    link: bool = False
    parents: bool = False
    excludes: tuple[str, ...] = ()

    kind = "copy"

    def documents(self) -> int:
        return sum(source.input < 0 for source in self.sources)


class MakeDirOp(Op):
    """A directory with its missing parents, mode 0755, of a user of input 0."""

    path: str
    user: str = ""

    kind = "mkdir"


class Vertex(Record):
    """inputs are digests of vertices, SCRATCH for the empty tree; name is what progress shows."""

    digest: str
    op: Op
    inputs: tuple[str, ...]
    name: str
    lines: tuple[int, int] = (0, 0)
    no_cache: bool = False
    internal: bool = False


class Graph:
    """Vertices by digest, each after its inputs."""

    def __init__(self) -> None:
        self.vertices: dict[str, Vertex] = {}

    def add(
        self,
        op: Op,
        inputs: tuple[str, ...] = (),
        *,
        name: str,
        lines: tuple[int, int] = (0, 0),
        no_cache: bool = False,
        internal: bool = False,
    ) -> str:
        """The digest of the vertex, which may have been there before."""
        digest = digest_of([op.definition(), inputs])
        if digest not in self.vertices:
            self.vertices[digest] = Vertex(digest, op, inputs, name, lines, no_cache, internal)
        return digest

    def __iter__(self) -> Iterator[Vertex]:
        return iter(self.vertices.values())

    def pruned(self, *results: str) -> Graph:
        """The vertices that these results need, in the same order."""
        needed: set[str] = set()
        stack = [digest for digest in results if digest]
        while stack:
            digest = stack.pop()
            if digest not in needed:
                needed.add(digest)
                stack += [each for each in self.vertices[digest].inputs if each]
        graph = Graph()
        graph.vertices = {digest: vertex for digest, vertex in self.vertices.items() if digest in needed}
        return graph

    def text(self) -> str:
        """One line a vertex: its number, what it does, the numbers of its inputs (0 is the empty tree)."""
        numbers = {SCRATCH: 0} | {digest: number for number, digest in enumerate(self.vertices, 1)}
        lines = []
        for vertex in self:
            inputs = " ".join(str(numbers[digest]) for digest in vertex.inputs)
            lines.append(f"{numbers[vertex.digest]} {describe(vertex.op)}{' <- ' + inputs if inputs else ''}\n")
        return "".join(lines)


def merged(graphs: Iterable[Graph]) -> Graph:
    """One graph of several: what they have in common is there once."""
    whole = Graph()
    for graph in graphs:
        for digest, vertex in graph.vertices.items():
            whole.vertices.setdefault(digest, vertex)
    return whole


def describe(op: Op) -> str:
    """An operation in a few words."""
    if isinstance(op, ImageOp):
        return f"image {op.reference}"
    if isinstance(op, ContextOp):
        return f"context {op.name}"
    if isinstance(op, UrlOp):
        return f"url {op.url}"
    if isinstance(op, GitOp):
        return f"git {op.url}"
    if isinstance(op, MakeDirOp):
        return f"mkdir {op.path}" + (f" user={op.user}" if op.user else "")
    if isinstance(op, RunOp):
        extra = "".join(f" {mount.type}:{mount.target}" for mount in op.mounts)
        return f"run {json.dumps(op.args)} cwd={op.cwd}" + (f" user={op.user}" if op.user else "") + extra
    if isinstance(op, CopyOp):
        sources = " ".join(f"<<{s.path}" if s.content else f"{s.input}:{s.path}" for s in op.sources)
        flags = "".join(f" {name}={value}" for name, value in (("chown", op.chown), ("chmod", op.chmod)) if value)
        return f"copy {sources} {op.destination}{flags}" + (" link" if op.link else "")
    return op.kind


def digest_of(value: object) -> str:
    """sha256 of a value's JSON form, hexadecimal."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogateescape")).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Record):
        return {name: _plain(each) for name, each in value.__dict__.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


class Plan(Record):
    """What a Dockerfile asks for: a graph pruned to its result, and the image's document without its layers.

    result  vertex with the final root file system, SCRATCH when it is empty
    image   fields of the image config but rootfs; history entries of steps with a layer carry `vertex`
    findings  of the build checks
    steps   every instruction that counts, in order: its text and its vertex, "" without one
    args    names of the build arguments that are declared
    """

    graph: Graph
    result: str
    image: Mapping[str, Any]
    base_diff_ids: tuple[str, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    args: frozenset[str] = frozenset()
