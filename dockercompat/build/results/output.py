"""Results that go to the caller as files: a directory with the files of the result, or a tar archive of them."""

from __future__ import annotations

import os

from dockercompat.build.planning.graph import CopyOp, SourceOp
from dockercompat.build.solving.copy import Copier
from dockercompat.build.solving.tree import Tree
from dockercompat.engine.image import stack
from dockercompat.errors import BuildFailed, DockerError, sentence
from dockercompat.kernel import syscall
from dockercompat.record import Record
from dockercompat.storage import driver as drivers
from dockercompat.storage.pack import Packer
from dockercompat.storage.tar import TarWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dockercompat.build.request import Output
    from dockercompat.engine.engine import Engine


class Root(Record):
    """One result. subdir: where it goes below the output, "" for the output itself; attest: files to add, from the mounted root."""

    diff_ids: tuple[str, ...]
    subdir: str = ""
    attest: Callable[[str], list[tuple[str, bytes]]] | None = None


def write(engine: Engine, output: Output, roots: Sequence[Root], directory: str, *, epoch_s: int | None = None) -> None:
    """Write root file systems out, in a child with mounts of its own.

    directory  an empty one for the mounts
    epoch_s    SOURCE_DATE_EPOCH: the time of every file
    Raises     BuildFailed
    """
    lower_dirs = [list(reversed(stack.dirs(engine, root.diff_ids))) for root in roots]
    driver = drivers.choose(engine.paths, engine.settings.storage_driver)
    engine.db.close()
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _write(output, list(zip(roots, lower_dirs)), driver, directory, epoch_s)
            status = 0
        except (DockerError, OSError) as error:
            os.write(write_fd, sentence(error).encode("utf-8", "surrogateescape")[:4096])
        finally:
            os._exit(status)
    os.close(write_fd)
    with open(read_fd, "rb") as file:
        message = file.read().decode(errors="replace")
    if os.waitpid(pid, 0)[1]:
        raise BuildFailed(f"failed to solve: {message or 'the export was killed'}")


def _write(output: Output, roots: Sequence[tuple[Root, list[str]]], driver: drivers.Driver, directory: str, epoch_s: int | None) -> None:
    syscall.unshare(syscall.CLONE_NEWNS)
    syscall.mount("none", "/", None, syscall.MS_REC | syscall.MS_PRIVATE)
    top = f"{directory}/root"
    os.mkdir(top, 0o755)
    mounted = []
    try:
        for number, (root, lower_dirs) in enumerate(roots):
            place = f"{top}/{root.subdir}" if root.subdir else top
            os.makedirs(place, 0o755, exist_ok=True)
            os.mkdir(f"{directory}/c{number}", 0o755)
            driver.mount(lower_dirs, f"{directory}/c{number}", place, volatile=True)
            mounted.append(place)
            for name, content in root.attest(place) if root.attest is not None else ():
                with open(f"{place}/{name}", "wb") as file:
                    file.write(content)
        if output.type == "local":
            os.makedirs(output.path, exist_ok=True)
            copier = Copier(output.path, CopyOp((), "/"), lambda _: "", mtime_ns=None if epoch_s is None else epoch_s * 1_000_000_000)
            copier.copy([(SourceOp(1, "/"), Tree(top, owned=False))])
        else:
            file_fd = 1 if output.path == "-" else os.open(output.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
            root_fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            with open(file_fd, "wb") as archive:
                packer = Packer(TarWriter(archive, only_s=epoch_s), root_fd, whiteouts=False)
                packer.add_root()
                packer.writer.finish()
    finally:
        for place in reversed(mounted):
            driver.unmount(place)
