"""fuse-overlayfs: overlays in user space, where the kernel gives no native one to users.

The file system is mounted here, in the caller's mount namespace, with a descriptor of /dev/fuse that the program serves from a mount
namespace of its own. So the program keeps no mount alive: it ends by itself when the last mount namespace with its mount does.
"""

from __future__ import annotations

import errno
import os

from dockercompat.errors import DockerError, ToolFailed
from dockercompat.host.run import require, spawn
from dockercompat.kernel import syscall
from dockercompat.storage.driver import FUSE_LOG
from dockercompat.storage.layer import to_overlay_form
from dockercompat.storage.overlay import OverlayDriver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.kernel.idmap import Exchange, IdRange

_PROGRAM = "fuse-overlayfs"
_FUSE_FD = 3
_REMEMBERED_S = 86400


class FuseOverlayfsDriver(OverlayDriver):
    """The same directories as native overlay, another program above them."""

    name = "fuse-overlayfs"
    exchanges = True

    def mount(
        self, lower_dirs: Sequence[str], container_dir: str, target: str, *, volatile: bool = False, owners: Exchange | None = None
    ) -> None:
        require(_PROGRAM)
        self.prepare(lower_dirs, container_dir)
        self.make_links(lower_dirs)
        options = self.options(lower_dirs, container_dir) + (",volatile" if volatile else "") + _shown(owners)
        target = os.path.abspath(target)
        try:
            fuse_fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise DockerError(f"fuse-overlayfs cannot be used: /dev/fuse: {error.strerror}") from None
        log_path = f"{container_dir}/{FUSE_LOG}"
        log_fd = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        ready_read, ready_write = os.pipe()
        go_read, go_write = os.pipe()

        def before_exec() -> None:
            syscall.unshare(syscall.CLONE_NEWNS)
            syscall.mount("none", "/", None, syscall.MS_REC | syscall.MS_PRIVATE)
            os.write(_FUSE_FD + 1, b"r")
            if os.read(_FUSE_FD + 2, 1) != b"g":
                os._exit(1)
            os.close(_FUSE_FD + 1)
            os.close(_FUSE_FD + 2)

        try:
            pid = spawn(
                [_PROGRAM, "-f", "-o", options, f"/dev/fd/{_FUSE_FD}"],
                stderr_fd=log_fd,
                keep_fds={fuse_fd: _FUSE_FD, ready_write: _FUSE_FD + 1, go_read: _FUSE_FD + 2},
                cwd=self.paths.data_dir,
                new_session=True,
                before_exec=before_exec,
            )
            os.close(ready_write)
            ready_write = -1
            if os.read(ready_read, 1) == b"r":
                data = f"fd={fuse_fd},rootmode=40000,user_id={os.geteuid()},group_id={os.getegid()},allow_other,default_permissions"
                syscall.mount(_PROGRAM, target, "fuse.fuse-overlayfs", 0, data)
                os.write(go_write, b"g")
        finally:
            for fd in (fuse_fd, log_fd, ready_read, ready_write, go_read, go_write):
                if fd >= 0:
                    os.close(fd)
        try:
            os.listdir(target)  # waits until the program serves
        except OSError as error:
            if error.errno in (errno.ENOTCONN, errno.ECONNABORTED):
                os.waitpid(pid, 0)
                self.unmount(target)
                with open(log_path, encoding="utf-8", errors="replace") as log:
                    reason = log.read().strip()
                raise ToolFailed((_PROGRAM,), 1, reason) from None
            raise

    def finish_layer(self, lower_dirs: Sequence[str], container_dir: str) -> str:
        to_overlay_form(self.upper_layer(lower_dirs, container_dir))
        return super().finish_layer(lower_dirs, container_dir)

    def check(self, target: str) -> None:
        try:
            os.stat(target)
        except OSError as error:
            if error.errno == errno.ENOTCONN:
                raise DockerError("the container's fuse-overlayfs process has ended: stop and start the container") from None
            raise


def _shown(owners: Exchange | None) -> str:
    """Options that show other owners than are stored, and let the kernel remember what no one else changes.

    Access control lists it would ask for again and again: for each absolute path that another than the owner of / opens, in binds too.
    """
    if owners is None:
        return ""
    uids, gids = owners.views()
    return f",uidmapping={_mapping(uids)},gidmapping={_mapping(gids)},timeout={_REMEMBERED_S},noacl"


def _mapping(rows: tuple[IdRange, ...]) -> str:
    return ":".join(f"{row.outside_id}:{row.inside_id}:{row.count}" for row in rows)
