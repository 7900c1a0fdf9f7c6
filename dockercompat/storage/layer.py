"""The form of a layer's directory: what hides a name or a directory's content below it, and the attributes that say more of a file.

Overlay form: a removed name is a character device 0:0, an opaque directory has the attribute user.overlay.opaque "y".
Where the kernel refuses such devices (before 5.8) the `.wh.` files stay as they are; fuse-overlayfs and vfs understand both.
"""

from __future__ import annotations

import os
import stat

WHITEOUT_PREFIX = b".wh."
OPAQUE_NAME = b".wh..wh..opq"
OPAQUE_XATTR = "user.overlay.opaque"
OWNER_XATTR = "user.pydocker.owner"  # "UID:GID" where a single-id user namespace can't hold the real owner
OPAQUE_XATTRS = (OPAQUE_XATTR, "user.fuseoverlayfs.opaque", "trusted.overlay.opaque")
HIDDEN_XATTRS = ("user.overlay.", "user.fuseoverlayfs.", "user.containers.", "user.pydocker.", "trusted.")
KEPT_XATTRS = ("user.", "security.capability")


def is_whiteout(status: os.stat_result) -> bool:
    """Whether this is the device that hides a name of the layers below."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def is_bookkeeping(name: str) -> bool:
    """Whether a name in a layer says something about its directory (aufs's and fuse-overlayfs's marks), and is no file of its own."""
    return name.startswith(".wh..wh.") or name == ".wh..opq"


def make_whiteout(base: bytes, dir_fd: int) -> None:
    """Hide a name of the layers below: a 0:0 character device, or a `.wh.` file where the kernel refuses that."""
    try:
        os.mknod(base, stat.S_IFCHR, 0, dir_fd=dir_fd)
    except PermissionError:
        os.close(os.open(WHITEOUT_PREFIX + base, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600, dir_fd=dir_fd))


def set_opaque(base: bytes, dir_fd: int) -> None:
    """Have a directory hide what the layers below have in it; an empty base is dir_fd itself."""
    fd = os.open(base or b".", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        os.setxattr(fd, OPAQUE_XATTR, b"y")
    finally:
        os.close(fd)


def is_opaque(directory: str) -> bool:
    """Whether a directory of a layer hides the content of those below it."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return read_xattrs(fd)[2] or os.path.lexists(f"{directory}/.wh..wh..opq")
    finally:
        os.close(fd)


def read_xattrs(fd: int) -> tuple[dict[str, bytes] | None, tuple[int, int] | None, bool]:
    """Attributes that belong into an archive, the owner that a single-id namespace could not give, and whether it is opaque."""
    try:
        names = os.listxattr(fd)
    except OSError:
        return None, None, False
    if not names:
        return None, None, False
    kept: dict[str, bytes] = {}
    owner: tuple[int, int] | None = None
    opaque = False
    for name in names:
        if name == OWNER_XATTR:
            uid, _, gid = os.getxattr(fd, name).partition(b":")
            owner = int(uid), int(gid)
        elif name in OPAQUE_XATTRS:
            opaque = os.getxattr(fd, name) == b"y"
        elif name.startswith(KEPT_XATTRS) and not name.startswith(HIDDEN_XATTRS):
            kept[name] = os.getxattr(fd, name)
    return kept or None, owner, opaque


def to_overlay_form(layer_dir: str) -> None:
    """Turn the marks that fuse-overlayfs leaves in an upper directory into overlay form, in place."""
    fd = os.open(layer_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _to_overlay_form(fd)
    finally:
        os.close(fd)


def _to_overlay_form(dir_fd: int) -> None:
    status = os.fstat(dir_fd)
    names = os.listdir(dir_fd)
    changed = False
    for name in names:
        if is_bookkeeping(name):
            if os.fsencode(name) == OPAQUE_NAME:
                os.setxattr(dir_fd, OPAQUE_XATTR, b"y")
            os.unlink(name, dir_fd=dir_fd)
            changed = True
        elif stat.S_ISDIR(os.lstat(name, dir_fd=dir_fd).st_mode):
            fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
            try:
                _to_overlay_form(fd)
            finally:
                os.close(fd)
    for xattr in os.listxattr(dir_fd):
        if xattr.startswith("user.fuseoverlayfs."):
            if xattr in OPAQUE_XATTRS and os.getxattr(dir_fd, xattr) == b"y":
                os.setxattr(dir_fd, OPAQUE_XATTR, b"y")
            os.removexattr(dir_fd, xattr)
    if changed:
        os.utime(dir_fd, ns=(status.st_atime_ns, status.st_mtime_ns))
