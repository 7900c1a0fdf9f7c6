"""Back to the state before the first command: no container, image, volume, helper, namespace or file of this engine is left."""

from __future__ import annotations

import os
import shutil
import signal
import time

from dockercompat.kernel import holder
from dockercompat.kernel.syscall import MNT_DETACH, unmount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockercompat.engine.engine import Engine

_GRACE_S = 5.0
_OUTSIDE = (b"keep-socket", b"handed-over", b"serve-socket")  # last words of our own processes that do not join the holder
_DATA = ("blobs", "partial", "layers", "l", "tmp", "volumes", "containers", "build", "cache", "locks", "boot")


def reset(engine: Engine) -> None:
    """End every process of this engine and delete its directories. Nothing is asked and nothing is kept."""
    paths = engine.paths
    outside = _user_namespace("self")
    holder.join(paths.run_dir)
    engine.db.close()
    inside = _user_namespace("self")
    end = time.monotonic() + _GRACE_S
    while (pids := list(_engine_processes(inside if inside != outside else 0, paths.run_dir))) and time.monotonic() < end:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
        time.sleep(0.02)
    for point in _mounts_below((paths.run_dir, paths.data_dir)):
        try:
            unmount(point, MNT_DETACH)
        except OSError:
            continue
    holder.end(paths.run_dir)
    _remove(paths.run_dir)
    for name in os.listdir(paths.data_dir):  # a directory that a person named may hold other things as well
        if name in _DATA or name.startswith(("pydocker.db", "storage-driver")):
            _remove(f"{paths.data_dir}/{name}")
    try:
        os.rmdir(paths.data_dir)
    except OSError:
        pass


def _user_namespace(pid: str) -> int:
    try:
        return os.stat(f"/proc/{pid}/ns/user").st_ino
    except OSError:
        return 0


def _engine_processes(namespace: int, run_dir: str) -> Iterator[int]:
    """Processes in the holder's user namespace, and monitors and helpers whose words name the runtime directory; not us."""
    spared = {os.getpid(), os.getppid(), holder.pid(run_dir)}
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in spared:
            continue
        if namespace and _user_namespace(name) == namespace:
            yield int(name)
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        helper = os.path.basename(words[0]) in (b"conmon", b"slirp4netns", b"pasta", b"crun", b"fuse-overlayfs")
        server = words[-2:-1] and words[-2] in _OUTSIDE
        if (helper and any(run_dir.encode() + b"/" in word for word in words[1:])) or (server and run_dir.encode() in words):
            yield int(name)


def _mounts_below(directories: tuple[str, ...]) -> list[str]:
    """Mount points at or below the directories, the innermost first."""
    points = []
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            point = line.split()[4].replace("\\040", " ")
            if any(point == directory or point.startswith(directory + "/") for directory in directories):
                points.append(point)
    return sorted(points, key=len, reverse=True)


def _remove(directory: str) -> None:
    """Delete a tree or a file; directories that their own mode closes are opened first."""
    if not os.path.isdir(directory):
        os.unlink(directory)
        return

    def open_up(function: object, path: str, error: BaseException) -> None:
        parent = os.path.dirname(path)
        try:
            os.chmod(parent, 0o700)
            if os.path.isdir(path) and not os.path.islink(path):
                os.chmod(path, 0o700)
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)
        except OSError:
            pass

    shutil.rmtree(directory, onerror=lambda function, path, info: open_up(function, path, info[1]))
