"""`volume export`: a volume's content as a tar archive."""

from __future__ import annotations

import os

from dockercompat.engine.system.events import record
from dockercompat.engine.volume import reading, store
from dockercompat.kernel import holder
from dockercompat.storage.pack import Packer
from dockercompat.storage.tar import TarWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine
    from dockercompat.storage.tar import Writer


def export(engine: Engine, name: str, out: Writer) -> None:
    """Write a volume as a tar archive (pax): owners as containers see them, times to the nanosecond, attributes, hard links, holes.

    Names begin with "./", and the first entry is the directory itself. Sockets are left out.
    Raises  NoSuchVolume; OSError of out
    """
    store.load(engine, name)
    holder.join(engine.paths.run_dir)
    with reading.Opened(engine, name) as directory:
        root_fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            packer = Packer(TarWriter(out, hashed=False), root_fd, whiteouts=False, exact=True)
            packer.add(b"", b".")
            packer.writer.finish()
        finally:
            os.close(root_fd)
    record(engine, "volume", "export", name, {"driver": "local"})
