"""`volume import`: a tar archive becomes the content of a volume, or is laid over what it has."""

from __future__ import annotations

import os

from dockercompat.engine.system.events import record
from dockercompat.engine.volume import reading, store
from dockercompat.engine.volume.arriving import Arrival
from dockercompat.errors import InvalidLayer
from dockercompat.kernel import holder, idmap
from dockercompat.storage.extract import extract_archive
from dockercompat.storage.merge import copy_metadata, copy_tree, move_over
from dockercompat.storage.tar import Rejoined, open_compressed
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from dockercompat.engine.engine import Engine


def import_(engine: Engine, name: str, archive: BinaryIO) -> None:
    """Unpack a tar archive, compressed or not, into a volume; one that does not exist is made.

    The archive is read to its end before the volume changes: a damaged one, a full disk or an interrupt leaves it as it was. What is in
    the volume and not in the archive stays. Attributes of the directory itself are taken where the archive has an entry for it.
    Raises  InvalidParameter for a bad name, InvalidLayer for what is no archive or would land outside, OSError (ENOSPC, EDQUOT)
    """
    holder.join(engine.paths.run_dir)
    if store.find(engine, name) is None:
        with Arrival(engine, name) as arrival:
            _extract(archive, arrival.data_dir)
            arrival.settle(None)
    else:
        staging = f"{engine.paths.temp_dir}/volume-{os.getpid()}-{os.urandom(4).hex()}"
        os.mkdir(staging, 0o700)
        try:
            with_root = _extract(archive, staging)
            with reading.Opened(engine, name) as directory:
                if not with_root:
                    copy_metadata(directory, staging, os.lstat(directory))
                if os.stat(directory).st_dev == os.stat(staging).st_dev and not os.path.ismount(directory):
                    move_over(staging, directory)
                else:
                    copy_tree(staging, directory)
        finally:
            remove_tree(staging)
    record(engine, "volume", "import", name, {"driver": "local"})


def _extract(archive: BinaryIO, directory: str) -> bool:
    """Unpack into an empty directory; whether the archive says something about the directory itself.

    Raises  InvalidLayer for nothing at all, as a pipe from what failed gives; an archive of no files ends in blocks of zeros
    """
    seen: list[bool] = []
    first = archive.read(1)
    if not first:
        raise InvalidLayer("unexpected EOF")
    stream = open_compressed(Rejoined(first, archive))  # type: ignore[arg-type]
    extract_archive(stream, directory, single_id=idmap.current_is_single(), on_root=lambda: seen.append(True))
    return bool(seen)
