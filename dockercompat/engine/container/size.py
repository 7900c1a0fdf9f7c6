"""How much a container has written over its image."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def writable_bytes(engine: Engine, container_id: str) -> int:
    """Sum of the sizes of the files in a container's writable layer, hard links counted once."""
    return tree_bytes(f"{engine.paths.container_dir(container_id)}/upper")


def tree_bytes(directory: str) -> int:
    """Sum of the sizes of regular files and links below a directory, hard links counted once; 0 when it is gone."""
    total, seen = 0, set()
    stack = [directory]
    while stack:
        try:
            entries = os.scandir(stack.pop())
        except OSError:
            continue
        with entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
                elif status.st_nlink == 1 or (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    total += status.st_size
    return total
