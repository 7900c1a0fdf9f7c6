"""`export`: a container's root file system as a tar archive, without its volumes."""

from __future__ import annotations

import os

from dockercompat.engine.container import access, state
from dockercompat.engine.container.child import Child
from dockercompat.engine.system.events import record
from dockercompat.storage.pack import Packer
from dockercompat.storage.tar import TarWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.storage.tar import Writer


def export(engine: Engine, ref: str, out: Writer) -> None:
    """Write the archive. The process has joined the holder. Raises NoSuchContainer"""
    container = state.current(engine, ref)
    read_fd, write_fd = os.pipe()

    def work(_send: Callable[[Any], None]) -> None:
        root_fd = access.enter(engine, container, only_root=True)
        with os.fdopen(write_fd, "wb", buffering=0) as pipe:
            packer = Packer(TarWriter(pipe), root_fd, whiteouts=False)
            packer.add_root()
            packer.writer.finish()

    child = Child(work, closed=(read_fd,))
    os.close(write_fd)
    with os.fdopen(read_fd, "rb", buffering=0) as archive:
        while data := archive.read(1 << 20):
            out.write(data)
    try:
        child.answer()
    except OSError as error:
        raise access.unreadable(error) from None
    child.wait()
    record(engine, "container", "export", container.id, container.attributes())
