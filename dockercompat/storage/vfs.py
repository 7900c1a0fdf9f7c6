"""vfs: a full copy of the merged layers for every container, by reference where the file system can. Works everywhere, costs space."""

from __future__ import annotations

import os

from dockercompat.kernel import syscall
from dockercompat.storage import changes as differences
from dockercompat.storage.driver import Driver
from dockercompat.storage.merge import merge_layer
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.kernel.idmap import Exchange
    from dockercompat.storage.driver import Change


class VfsDriver(Driver):
    """A container's `rootfs` is the merged tree."""

    name = "vfs"

    def prepare(self, lower_dirs: Sequence[str], container_dir: str) -> None:
        rootfs = f"{container_dir}/rootfs"
        if os.path.isdir(rootfs):
            return
        unfinished = f"{container_dir}/rootfs.new"
        if os.path.isdir(unfinished):
            remove_tree(unfinished)
        os.mkdir(unfinished, 0o755)
        for directory in reversed(lower_dirs):
            merge_layer(directory, unfinished)
        os.rename(unfinished, rootfs)

    def mount(
        self, lower_dirs: Sequence[str], container_dir: str, target: str, *, volatile: bool = False, owners: Exchange | None = None
    ) -> None:
        self.prepare(lower_dirs, container_dir)
        syscall.mount(f"{container_dir}/rootfs", target, None, syscall.MS_BIND)

    def changes(self, lower_dirs: Sequence[str], container_dir: str) -> list[Change]:
        if not os.path.isdir(f"{container_dir}/rootfs"):
            return []
        return differences.compare(f"{container_dir}/rootfs", lower_dirs, whole=True)

    def upper_layer(self, lower_dirs: Sequence[str], container_dir: str) -> str:
        self.prepare(lower_dirs, container_dir)
        directory = f"{container_dir}/changes"
        if os.path.isdir(directory):
            remove_tree(directory)
        os.mkdir(directory, 0o755)
        differences.write_layer(f"{container_dir}/rootfs", lower_dirs, directory)
        return directory

    def finish_layer(self, lower_dirs: Sequence[str], container_dir: str) -> str:
        return self.upper_layer(lower_dirs, container_dir)

    def usage(self, container_dir: str) -> int:
        try:
            return differences.files_size(f"{container_dir}/rootfs")
        except FileNotFoundError:
            return 0
