"""Native overlay (Linux 5.13 and later): one mount(2) with userxattr. Layers are named by short links, so that 128 of them fit a page."""

from __future__ import annotations

import os

from dockercompat.errors import DockerError
from dockercompat.kernel import syscall
from dockercompat.storage.driver import Driver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.kernel.idmap import Exchange
    from dockercompat.storage.driver import Change

_LINK_LENGTH = 12
_MAX_OPTIONS = 4095


class OverlayDriver(Driver):
    """Layers below, a container's `upper` above, `work` for the kernel."""

    name = "overlay"

    def prepare(self, lower_dirs: Sequence[str], container_dir: str) -> None:
        upper = f"{container_dir}/upper"
        try:
            os.mkdir(f"{container_dir}/work", 0o700)
        except FileExistsError:
            if os.path.isdir(upper):
                return
        status = os.stat(lower_dirs[0]) if lower_dirs else None
        os.mkdir(upper, 0o755)
        os.chmod(upper, status.st_mode & 0o7777 if status else 0o755)  # the upper directory's own attributes are those of "/"
        if status is not None and (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            try:
                os.chown(upper, status.st_uid, status.st_gid)
            except PermissionError:  # made before the holder was joined: the owner shows as nobody there
                pass

    def mount(
        self, lower_dirs: Sequence[str], container_dir: str, target: str, *, volatile: bool = False, owners: Exchange | None = None
    ) -> None:
        self.prepare(lower_dirs, container_dir)
        more = ",userxattr,volatile" if volatile else ",userxattr"
        target = os.path.abspath(target)
        here_fd = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        os.chdir(self.paths.data_dir)
        try:
            options = self.options(lower_dirs, container_dir) + more
            try:
                syscall.mount("overlay", target, "overlay", 0, options)
            except FileNotFoundError:
                self.make_links(lower_dirs)
                syscall.mount("overlay", target, "overlay", 0, options)
        finally:
            os.fchdir(here_fd)
            os.close(here_fd)

    def options(self, lower_dirs: Sequence[str], container_dir: str) -> str:
        """lowerdir, upperdir and workdir for a mount whose working directory is the data directory."""
        lower = ":".join(self.short(directory) for directory in lower_dirs) or self._nothing()
        container = _escape(os.path.relpath(container_dir, self.paths.data_dir) if self._is_ours(container_dir) else container_dir)
        options = f"lowerdir={lower},upperdir={container}/upper,workdir={container}/work"
        if len(options) > _MAX_OPTIONS - 32:
            raise DockerError("max depth exceeded")
        return options

    def short(self, lower_dir: str) -> str:
        """The short name of a layer's directory, relative to the data directory."""
        hex_digest = _layer_hex(lower_dir, self.paths.layers_dir)
        return f"l/{hex_digest[:_LINK_LENGTH]}" if hex_digest else _escape(lower_dir).replace(":", "\\:")

    def make_links(self, lower_dirs: Sequence[str]) -> None:
        """Make the short links that are missing. Raises FileNotFoundError when a layer itself is missing."""
        os.makedirs(self.paths.links_dir, 0o700, exist_ok=True)
        for directory in lower_dirs:
            os.stat(directory)
            hex_digest = _layer_hex(directory, self.paths.layers_dir)
            if hex_digest:
                try:
                    os.symlink(f"../layers/{hex_digest}/diff", f"{self.paths.links_dir}/{hex_digest[:_LINK_LENGTH]}")
                except FileExistsError:
                    continue

    def _nothing(self) -> str:
        os.makedirs(f"{self.paths.links_dir}/nothing", 0o755, exist_ok=True)
        return "l/nothing"

    def _is_ours(self, directory: str) -> bool:
        return directory.startswith(self.paths.data_dir + "/")

    def changes(self, lower_dirs: Sequence[str], container_dir: str) -> list[Change]:
        if not os.path.isdir(f"{container_dir}/upper"):
            return []
        from dockercompat.storage import changes as differences  # starting a container needs none of it

        return differences.compare(f"{container_dir}/upper", lower_dirs, whole=False)

    def upper_layer(self, lower_dirs: Sequence[str], container_dir: str) -> str:
        self.prepare(lower_dirs, container_dir)
        return f"{container_dir}/upper"

    def finish_layer(self, lower_dirs: Sequence[str], container_dir: str) -> str:
        from dockercompat.storage.settle import settle

        upper = self.upper_layer(lower_dirs, container_dir)
        settle(upper, lower_dirs)
        return upper

    def usage(self, container_dir: str) -> int:
        from dockercompat.storage import changes as differences

        try:
            return differences.files_size(f"{container_dir}/upper")
        except FileNotFoundError:
            return 0


def _layer_hex(lower_dir: str, layers_dir: str) -> str:
    """The name of the layer that a directory is the `diff` of, "" for any other directory."""
    if lower_dir.startswith(layers_dir + "/") and lower_dir.endswith("/diff"):
        name = lower_dir[len(layers_dir) + 1 : -5]
        if "/" not in name and len(name) >= _LINK_LENGTH:
            return name
    return ""


def _escape(path: str) -> str:
    return path.replace("\\", "\\\\").replace(",", "\\,")
