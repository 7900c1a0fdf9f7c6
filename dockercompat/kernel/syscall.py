"""System calls that Python's os module lacks. A failed call raises OSError with errno and path.

They are made through the core of ctypes: that module itself takes 2 ms to import for types that nobody needs here.
"""

from __future__ import annotations

import os
from _ctypes import (
    FUNCFLAG_CDECL,
    FUNCFLAG_USE_ERRNO,
    CFuncPtr,
    Structure,
    _SimpleCData,
    byref,
    dlopen,
    dlsym,
    get_errno,
    sizeof,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    _Simple = _SimpleCData[Any]
else:
    _Simple = _SimpleCData

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


class _Int(_Simple):
    _type_ = "i"


class _Long(_Simple):
    _type_ = "l"


class _ULong(_Simple):
    _type_ = "L"


class _U64(_Simple):
    _type_ = "Q"


class _Text(_Simple):
    _type_ = "z"


class _Pointer(_Simple):
    _type_ = "P"


class _Function(CFuncPtr):
    _flags_ = FUNCFLAG_CDECL | FUNCFLAG_USE_ERRNO
    _restype_ = _Long


_libc = dlopen(None, 0)  # type: ignore[arg-type]


def _function(name: str, *types: type, result: type = _Int) -> Any:
    found: Any = _Function(dlsym(_libc, name))
    found.argtypes = types
    found.restype = result
    return found


_unshare = _function("unshare", _Int)
_setns = _function("setns", _Int, _Int)
_mount = _function("mount", _Text, _Text, _Text, _ULong, _Text)
_umount2 = _function("umount2", _Text, _Int)
_pivot_root = _function("pivot_root", _Text, _Text)
_prctl_number = _function("prctl", _Int, _ULong, _ULong, _ULong, _ULong)
_prctl_text = _function("prctl", _Int, _Text, _ULong, _ULong, _ULong)
_syncfs = _function("syncfs", _Int)
_openat2 = _function("syscall", _Long, _Int, _Text, _Pointer, _ULong, result=_Long)
_open_tree = _function("syscall", _Long, _Int, _Text, _Int, result=_Long)
_move_mount = _function("syscall", _Long, _Int, _Text, _Int, _Text, _Int, result=_Long)
_mount_setattr = _function("syscall", _Long, _Int, _Text, _Int, _Pointer, _ULong, result=_Long)


def _check(result: int, path: str | None = None) -> int:
    if result < 0:
        number = get_errno()
        raise OSError(number, os.strerror(number), path)
    return result


def unshare(flags: int) -> None:
    """Put this process into new namespaces (unshare(2))."""
    _check(_unshare(flags))


def setns(namespace_fd: int, flags: int) -> None:
    """Join namespaces: of a pidfd (flags choose which), or the one that an nsfs descriptor names (setns(2))."""
    _check(_setns(namespace_fd, flags))


def mount(source: str | None, target: str, fs_type: str | None, flags: int = 0, data: str | None = None) -> None:
    """mount(2). data is the file system's own options, comma separated, at most 4095 bytes."""
    _check(_mount(_bytes(source), os.fsencode(target), _bytes(fs_type), flags, _bytes(data)), target)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)


def unmount(target: str, flags: int = 0) -> None:
    """umount2(2); MNT_DETACH unmounts what is busy as soon as it no longer is."""
    _check(_umount2(os.fsencode(target), flags), target)


def pivot_root(new_root: str, put_old: str) -> None:
    """pivot_root(2)."""
    _check(_pivot_root(os.fsencode(new_root), os.fsencode(put_old)), new_root)


def prctl(option: int, value: int) -> None:
    """prctl(2) for the options that take one number."""
    _check(_prctl_number(option, value, 0, 0, 0))


def set_process_name(name: str) -> None:
    """The name that ps and /proc/PID/comm show, cut to 15 bytes."""
    _check(_prctl_text(PR_SET_NAME, name.encode()[:15], 0, 0, 0))


class _OpenHow(Structure):
    _fields_ = [("flags", _U64), ("mode", _U64), ("resolve", _U64)]


def openat2(dir_fd: int, path: str, flags: int, *, mode: int = 0, resolve: int = RESOLVE_IN_ROOT) -> int:
    """Open a path that is resolved with dir_fd as its root, whatever symbolic links say (openat2(2))."""
    how = _OpenHow(flags | os.O_CLOEXEC, mode, resolve)
    return _check(_openat2(_NR_OPENAT2, dir_fd, os.fsencode(path), byref(how), sizeof(how)), path)


def open_tree(dir_fd: int, path: str, flags: int) -> int:
    """A descriptor of a mount, or with OPEN_TREE_CLONE of a detached copy of it (open_tree(2))."""
    return _check(_open_tree(_NR_OPEN_TREE, dir_fd, os.fsencode(path), flags), path)


def move_mount(from_fd: int, to_fd: int, to_path: str, flags: int = MOVE_MOUNT_F_EMPTY_PATH) -> None:
    """Attach a detached mount at a path (move_mount(2))."""
    _check(_move_mount(_NR_MOVE_MOUNT, from_fd, b"", to_fd, os.fsencode(to_path), flags), to_path)


def syncfs(fd: int) -> None:
    """Write everything to disk that waits for it on a descriptor's file system (syncfs(2)); other threads run meanwhile."""
    _check(_syncfs(fd))


class _MountAttr(Structure):
    _fields_ = [("attr_set", _U64), ("attr_clr", _U64), ("propagation", _U64), ("userns_fd", _U64)]


def mount_setattr(dir_fd: int, path: str, flags: int, *, attr_set: int = 0, attr_clear: int = 0, propagation: int = 0) -> None:
    """Change the attributes of a mount, with AT_RECURSIVE of all below it (mount_setattr(2))."""
    attr = _MountAttr(attr_set, attr_clear, propagation, 0)
    _check(_mount_setattr(_NR_MOUNT_SETATTR, dir_fd, os.fsencode(path), flags, byref(attr), sizeof(attr)), path)


def write_text(path: str, text: str) -> None:
    """Give a file of the kernel's (of /proc, of a control group) one whole text in one write. Raises OSError, which is its answer."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
