"""What a build is asked for, what it tells while it runs, and what comes of it."""

from __future__ import annotations

from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, BinaryIO

    from dockercompat.build.planning.graph import Plan
    from dockercompat.build.planning.stages import Options
    from dockercompat.build.solving.inputs import Secret
    from dockercompat.build.solving.report import Event
    from dockercompat.errors import BuildFailed
    from dockercompat.spec.image_set import Annotation


class Request(Record):
    """What a build is asked for. where, file, cwd and stdin: see context.load; options: see Options.

    outputs     where the result goes besides or instead of the image store; () is the store alone
    platforms   what to build for, () for the engine's own; several make one image of all
    provenance  attest how it was built: "" (no), min, max; sbom: attest the packages in it
    pushed      tags go to their registries, too
    explains    say why steps were not found in the cache; shell: open one where a step failed
    ref         ID under which the build is remembered
    sent        standard input is an archive of docker's client, which has left out what is to be ignored
    cache_from, cache_to  build cache kept elsewhere, to be used and to be written
    """

    where: str
    file: str
    cwd: str
    stdin: Callable[[], BinaryIO]
    options: Options
    tags: tuple[str, ...] = ()
    pull: bool = False
    secrets: tuple[tuple[str, Secret], ...] = ()
    ssh: tuple[tuple[str, str], ...] = ()
    outputs: tuple[Output, ...] = ()
    platforms: tuple[str, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    provenance: str = ""
    sbom: bool = False
    pushed: bool = False
    cache_from: tuple[Cache, ...] = ()
    cache_to: tuple[Cache, ...] = ()
    explains: bool = False
    shell: bool = False
    ref: str = ""
    sent: bool = False

    @property
    def check_text(self) -> str:
        return dict(self.options.build_args).get("BUILDKIT_DOCKERFILE_CHECK", "")


class Output(Record):
    """One `--output`.

    type      local (path is a directory), tar, oci, docker (path is a file, "-" standard output), image (the image store)
    settings  what else was said, as buildx names it
    """

    type: str
    path: str = ""
    settings: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        return dict(self.settings).get(name, "")


class Cache(Record):
    """One `--cache-from` or `--cache-to`. type: local, registry, inline; settings as buildx names them (src, dest, ref, mode)."""

    type: str
    settings: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        return dict(self.settings).get(name, "")


class Built(Record):
    """What was built.

    image_id  "" when it went to the caller and not into the store
    metadata  what `--metadata-file` gets
    """

    image_id: str
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]


class Source(Record):
    """A Dockerfile as messages quote it."""

    name: str
    lines: tuple[str, ...]


class Listener:
    """Is told what happens, as it happens.

    tells_streams  wants to know what a command wrote to standard error; their order is not as sure then
    """

    tells_streams = False

    def report(self, event: Event) -> None:
        """Progress of a step."""

    def see(self, source: Source) -> None:
        """The Dockerfile has been read."""

    def planned(self, made: Plan) -> None:
        """It is known what will be done."""

    def built(self, image_id: str) -> None:
        """It has been done. image_id: "" when the result went to the caller and not into the store."""

    def stopped(self, error: BuildFailed) -> None:
        """It has not."""


def human_bytes(size: int) -> str:
    """A size as BuildKit's progress has it."""
    if size < 1000:
        return f"{size}B"
    value = float(size)
    for unit in ("kB", "MB"):
        value /= 1000
        if value < 1000:
            return f"{value:.2f}{unit}"
    return f"{value / 1000:.2f}GB"
