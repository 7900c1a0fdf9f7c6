"""bindfs: a directory shown once more, with the owners of its files exchanged.

The program mounts it in a mount namespace of its own, where only it lives; the mount is then moved from there into the caller's. So
the program keeps no mount alive and ends by itself when the last mount namespace with its mount does.
"""

from __future__ import annotations

import os
import signal
import time

from dockercompat.errors import ToolFailed
from dockercompat.host.run import spawn
from dockercompat.kernel import syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.kernel.idmap import Exchange

_PROGRAM = "bindfs"
_PATIENCE_S = 10


def mount(source: str, target: str, owners: Exchange) -> None:
    """Show a directory at a place that is made for it, in this process's mount namespace, a private one.

    Raises  ToolFailed when bindfs does; OSError
    """
    os.makedirs(target, 0o700, exist_ok=True)
    uid, gid = owners.root()
    pairs = [f"0/{uid}", f"{uid}/0"] if uid else []
    pairs += [f"@0/@{gid}", f"@{gid}/@0"] if gid else []

    def before_exec() -> None:
        syscall.unshare(syscall.CLONE_NEWNS)
        syscall.mount("none", "/", None, syscall.MS_REC | syscall.MS_PRIVATE)

    argv = [_PROGRAM, "-f", "--multithreaded", f"--map={':'.join(pairs)}", "--enable-lock-forwarding", "-o", "suid,dev", source, target]
    log_fd = os.memfd_create("bindfs")
    pid = spawn(argv, stderr_fd=log_fd, new_session=True, cwd="/", before_exec=before_exec)
    try:
        _await(pid, target, log_fd)
        own_fd = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        namespace_fd = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        try:
            syscall.setns(namespace_fd, syscall.CLONE_NEWNS)
            tree_fd = syscall.open_tree(-100, target, syscall.OPEN_TREE_CLONE | os.O_CLOEXEC)
            syscall.unmount(target, syscall.MNT_DETACH)
            syscall.setns(own_fd, syscall.CLONE_NEWNS)
        finally:
            os.close(namespace_fd)
            os.close(own_fd)
        syscall.move_mount(tree_fd, -100, target)
        os.close(tree_fd)
    finally:
        os.close(log_fd)


def _await(pid: int, target: str, log_fd: int) -> None:
    """Wait until the program has mounted."""
    before = os.stat(target).st_dev
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            if os.stat(f"/proc/{pid}/root{target}").st_dev != before:
                return
        except OSError:
            pass
        has_ended = os.waitpid(pid, os.WNOHANG)[0] != 0
        if has_ended or time.monotonic() > deadline:
            if not has_ended:
                os.kill(pid, signal.SIGKILL)
            raise ToolFailed((_PROGRAM,), 1, os.pread(log_fd, 4096, 0).decode(errors="replace").strip())
        time.sleep(0.001)
