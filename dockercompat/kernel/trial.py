"""Trials in throw-away child processes: what this kernel lets this user do, found by doing it."""

from __future__ import annotations

import os

from dockercompat.errors import KernelRefused
from dockercompat.kernel import syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def mount_in_user_namespace() -> OSError | None:
    """Make a user and a mount namespace and mount in it; the error, or None when it works.

    Ubuntu's AppArmor restriction lets the namespace be made and then denies every privilege in it, so a mount has to be tried.
    """
    return _in_child(lambda: syscall.mount("none", "/", None, syscall.MS_REC | syscall.MS_PRIVATE))


def native_overlay(directory: str) -> OSError | None:
    """Mount an overlay whose layers lie below a directory of ours, as a container's is; the error, or None when it works."""
    names = ("lower", "upper", "work", "merged")

    def attempt() -> None:
        for name in names:
            os.makedirs(f"{directory}/{name}", 0o700, exist_ok=True)
        syscall.mount("none", "/", None, syscall.MS_REC | syscall.MS_PRIVATE)
        options = f"lowerdir={directory}/lower,upperdir={directory}/upper,workdir={directory}/work,userxattr"
        syscall.mount("overlay", f"{directory}/merged", "overlay", 0, options)
        with open(f"{directory}/merged/file", "w", encoding="utf-8"):
            pass
        os.rename(f"{directory}/merged/file", f"{directory}/merged/renamed")

    error = _in_child(attempt)
    for parent, directories, files in os.walk(directory, topdown=False):
        for name in files:
            os.unlink(f"{parent}/{name}")
        for name in directories:
            os.chmod(f"{parent}/{name}", 0o700)
            os.rmdir(f"{parent}/{name}")
    return error


def bridge_and_pair() -> OSError | None:
    """Make a bridge and a pair of links in a network namespace; the error, or None when it works."""

    def attempt() -> None:
        from dockercompat.kernel import rtnetlink

        with rtnetlink.Socket(os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)) as socket:
            mac = "02:42:00:00:00:01"
            socket.apply([rtnetlink.AddBridge("br0", mac, 1500), rtnetlink.AddVeth("v0", 1500, "v1", os.getpid(), mac)])

    return _in_child(attempt, syscall.CLONE_NEWNET)


def enter_network_namespace() -> None:
    """Put this process into a user and a network namespace of its own, with all capabilities there (run it between fork and exec)."""
    _enter(syscall.CLONE_NEWNET)


def _enter(flags: int) -> None:
    uid, gid = os.getuid(), os.getgid()
    syscall.unshare(syscall.CLONE_NEWUSER | flags)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="utf-8") as file:
            file.write(text)


def _in_child(attempt: Callable[[], None], flags: int = syscall.CLONE_NEWNS) -> OSError | None:
    pid = os.fork()
    if pid == 0:
        try:
            _enter(flags)
            attempt()
        except OSError as error:
            os._exit(min(error.errno or 255, 255))
        except KernelRefused as error:
            os._exit(min(error.number or 255, 255))
        except BaseException:
            os._exit(255)
        os._exit(0)
    number = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return OSError(number, os.strerror(number)) if number else None
