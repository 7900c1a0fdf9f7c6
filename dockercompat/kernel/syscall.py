"""System calls that Python's os module lacks, through ctypes. A failed call raises OSError with errno and path."""

from __future__ import annotations

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MS_SLAVE = 1 << 19
MNT_DETACH = 2

RESOLVE_NO_SYMLINKS = 0x04
RESOLVE_BENEATH = 0x08
RESOLVE_IN_ROOT = 0x10

OPEN_TREE_CLONE = 1
AT_RECURSIVE = 0x8000
AT_EMPTY_PATH = 0x1000
MOVE_MOUNT_F_EMPTY_PATH = 0x04
MOUNT_ATTR_RDONLY = 0x01

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36

# The same numbers on every architecture since Linux 5.0's common table.
_NR_OPEN_TREE = 428
_NR_MOVE_MOUNT = 429
_NR_OPENAT2 = 437
_NR_MOUNT_SETATTR = 442

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_libc.umount2.argtypes = (ctypes.c_char_p, ctypes.c_int)
_libc.syscall.restype = ctypes.c_long


def _check(result: int, path: str | None = None) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return result


def unshare(flags: int) -> None:
    """Put this process into new namespaces (unshare(2))."""
    _check(_libc.unshare(ctypes.c_int(flags)))


def setns(namespace_fd: int, flags: int) -> None:
    """Join namespaces: of a pidfd (flags choose which), or the one that an nsfs descriptor names (setns(2))."""
    _check(_libc.setns(ctypes.c_int(namespace_fd), ctypes.c_int(flags)))


def mount(source: str | None, target: str, fs_type: str | None, flags: int = 0, data: str | None = None) -> None:
    """mount(2). data is the file system's own options, comma separated, at most 4095 bytes."""
    _check(
        _libc.mount(
            os.fsencode(source) if source is not None else None,
            os.fsencode(target),
            fs_type.encode() if fs_type is not None else None,
            flags,
            os.fsencode(data) if data is not None else None,
        ),
        target,
    )


def unmount(target: str, flags: int = 0) -> None:
    """umount2(2); MNT_DETACH unmounts what is busy as soon as it no longer is."""
    _check(_libc.umount2(os.fsencode(target), flags), target)


def pivot_root(new_root: str, put_old: str) -> None:
    """pivot_root(2)."""
    _check(_libc.pivot_root(os.fsencode(new_root), os.fsencode(put_old)), new_root)


def prctl(option: int, value: int) -> None:
    """prctl(2) for the options that take one number."""
    _check(_libc.prctl(ctypes.c_int(option), ctypes.c_ulong(value), 0, 0, 0))


def set_process_name(name: str) -> None:
    """The name that ps and /proc/PID/comm show, cut to 15 bytes."""
    buffer = ctypes.create_string_buffer(name.encode()[:15])
    _check(_libc.prctl(ctypes.c_int(PR_SET_NAME), buffer, 0, 0, 0))


class _OpenHow(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


def openat2(dir_fd: int, path: str, flags: int, *, mode: int = 0, resolve: int = RESOLVE_IN_ROOT) -> int:
    """Open a path that is resolved with dir_fd as its root, whatever symbolic links say (openat2(2))."""
    how = _OpenHow(flags | os.O_CLOEXEC, mode, resolve)
    return _check(
        _libc.syscall(
            ctypes.c_long(_NR_OPENAT2), ctypes.c_int(dir_fd), ctypes.c_char_p(os.fsencode(path)), ctypes.byref(how), ctypes.c_size_t(24)
        ),
        path,
    )


def open_tree(dir_fd: int, path: str, flags: int) -> int:
    """A descriptor of a mount, or with OPEN_TREE_CLONE of a detached copy of it (open_tree(2))."""
    return _check(
        _libc.syscall(ctypes.c_long(_NR_OPEN_TREE), ctypes.c_int(dir_fd), ctypes.c_char_p(os.fsencode(path)), ctypes.c_uint(flags)), path
    )


def move_mount(from_fd: int, to_fd: int, to_path: str, flags: int = MOVE_MOUNT_F_EMPTY_PATH) -> None:
    """Attach a detached mount at a path (move_mount(2))."""
    _check(
        _libc.syscall(
            ctypes.c_long(_NR_MOVE_MOUNT),
            ctypes.c_int(from_fd),
            ctypes.c_char_p(b""),
            ctypes.c_int(to_fd),
            ctypes.c_char_p(os.fsencode(to_path)),
            ctypes.c_uint(flags),
        ),
        to_path,
    )


def syncfs(fd: int) -> None:
    """Write everything to disk that waits for it on a descriptor's file system (syncfs(2)); other threads run meanwhile."""
    _check(_libc.syncfs(ctypes.c_int(fd)))


class _MountAttr(ctypes.Structure):
    _fields_ = [
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    ]


def mount_setattr(dir_fd: int, path: str, flags: int, *, attr_set: int = 0, attr_clear: int = 0, propagation: int = 0) -> None:
    """Change the attributes of a mount, with AT_RECURSIVE of all below it (mount_setattr(2))."""
    attr = _MountAttr(attr_set, attr_clear, propagation, 0)
    _check(
        _libc.syscall(
            ctypes.c_long(_NR_MOUNT_SETATTR),
            ctypes.c_int(dir_fd),
            ctypes.c_char_p(os.fsencode(path)),
            ctypes.c_uint(flags),
            ctypes.byref(attr),
            ctypes.c_size_t(ctypes.sizeof(attr)),
        ),
        path,
    )


def write_text(path: str, text: str) -> None:
    """Give a file of the kernel's (of /proc, of a control group) one whole text in one write. Raises OSError, which is its answer."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
