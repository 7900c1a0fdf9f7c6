"""Results that go to the caller instead of the store: a directory with the files of the result, or a tar archive of them."""

from __future__ import annotations

import os

from dockercompat.build.copy import Copier
from dockercompat.build.graph import CopyOp, SourceOp
from dockercompat.build.tree import Tree
from dockercompat.engine.image import stack
from dockercompat.errors import BuildFailed, DockerError, sentence
from dockercompat.kernel import syscall
from dockercompat.record import Record
from dockercompat.storage import driver as drivers
from dockercompat.storage.pack import Packer
from dockercompat.storage.tar import TarWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.engine import Engine


class Output(Record):
    """One `--output`. type: local (path is a directory), tar (path is a file, "-" standard output)."""

    type: str
    path: str


def write(engine: Engine, output: Output, diff_ids: Sequence[str], directory: str) -> None:
    """Write a root file system out, in a child with mounts of its own.

    directory  an empty one for the mounts
    Raises     BuildFailed
    """
    lower_dirs = list(reversed(stack.dirs(engine, diff_ids)))
    driver = drivers.choose(engine.paths, engine.settings.storage_driver)
    engine.db.close()
    read_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _write(output, lower_dirs, driver, directory)
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


def _write(output: Output, lower_dirs: list[str], driver: drivers.Driver, directory: str) -> None:
    syscall.unshare(syscall.CLONE_NEWNS)
    syscall.mount("none", "/", None, syscall.MS_REC | syscall.MS_PRIVATE)
    root = f"{directory}/root"
    os.mkdir(root, 0o755)
    os.mkdir(f"{directory}/c", 0o755)
    driver.mount(lower_dirs, f"{directory}/c", root, volatile=True)
    try:
        if output.type == "local":
            os.makedirs(output.path, exist_ok=True)
            copier = Copier(output.path, CopyOp((), "/"), lambda _: "")
            copier.copy([(SourceOp(1, "/"), Tree(root, owned=False))])
        else:
            file_fd = 1 if output.path == "-" else os.open(output.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
            root_fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            with open(file_fd, "wb") as file:
                packer = Packer(TarWriter(file), root_fd, whiteouts=False)
                packer.add_root()
                packer.writer.finish()
    finally:
        driver.unmount(root)
