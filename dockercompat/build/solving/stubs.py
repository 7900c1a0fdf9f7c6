"""Mount points that a root file system lacks, which a step must not leave in its layer."""

from __future__ import annotations

import os
import stat

from dockercompat.build.solving.tree import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Stubs:
    """The mount points that the root file system lacks: made by crun, taken away again, with their parents' times put back."""

    def __init__(self, root: str, targets: Sequence[str]) -> None:
        self.root = root
        self.missing: list[str] = []
        self.parents: dict[str, tuple[int, int]] = {}
        for target in sorted(set(targets)):
            if target.startswith("/dev/"):
                continue
            path = resolve(root, target)
            parts = path.split("/")
            for length in range(1, len(parts) + 1):
                part = "/".join(parts[:length])
                if not os.path.lexists(f"{root}/{part}"):
                    parent = os.path.dirname(part)
                    if part not in self.missing:
                        self.missing.append(part)
                    if parent not in self.missing and parent not in self.parents:
                        info = os.lstat(f"{root}/{parent}")
                        self.parents[parent] = (info.st_atime_ns, info.st_mtime_ns)

    def remove(self) -> None:
        for path in reversed(self.missing):
            full = f"{self.root}/{path}"
            try:
                info = os.lstat(full)
                if stat.S_ISDIR(info.st_mode):
                    os.rmdir(full)
                elif stat.S_ISREG(info.st_mode) and info.st_size == 0:
                    os.unlink(full)
            except OSError:  # it has content now: it is the command's
                continue
        for parent, times in self.parents.items():
            try:
                os.utime(f"{self.root}/{parent}", ns=times)
            except OSError:  # the command removed it
                continue
