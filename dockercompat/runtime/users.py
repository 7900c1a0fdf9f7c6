"""Names of users and groups in a container, looked up in its /etc/passwd and /etc/group without mounting it."""

from __future__ import annotations

import os
import stat

from dockercompat.errors import DockerError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MAX_ID = (1 << 31) - 1
_OUT_OF_RANGE = f"uids and gids must be in range 0-{_MAX_ID}"


class NoSuchUser(DockerError):
    """A name that the container's passwd or group file does not have."""


class Identity(Record):
    """uid, gid and additional groups in the container (gid the first of them), and the home directory that its passwd gives."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


def from_layers(directories: Sequence[str]) -> Callable[[str], str]:
    """A reader of small files of a file system that is given as its layers, top first."""

    def read(path: str) -> str:
        for directory in directories:
            full = f"{directory}/{path.lstrip('/')}"
            try:
                info = os.lstat(full)
            except OSError:
                continue
            if not stat.S_ISREG(info.st_mode):
                return ""
            return _text(full)
        return ""

    return read


def from_root(root: str) -> Callable[[str], str]:
    """A reader of small files below a directory, links resolved inside it."""

    def read(path: str) -> str:
        from dockercompat.kernel.syscall import openat2

        try:
            root_fd = os.open(root, os.O_PATH | os.O_DIRECTORY)
        except OSError:
            return ""
        try:
            fd = openat2(root_fd, path.lstrip("/"), os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return ""
        finally:
            os.close(root_fd)
        with open(fd, encoding="utf-8", errors="surrogateescape") as file:
            return file.read() if stat.S_ISREG(os.fstat(fd).st_mode) else ""

    return read


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def identify(user: str, read: Callable[[str], str], group_add: Sequence[str] = ()) -> Identity:
    """Resolve docker's USER text: name or uid, optionally `:` and group name or gid.

    read    gives the text of a file of the container, "" where it has none
    Raises  NoSuchUser in docker's words
    """
    name, colon, group = user.partition(":")
    name = name or "0"
    uid, gid, home, account = _user(name, read("/etc/passwd"))
    groups: list[int] = []
    group_text = read("/etc/group") if (colon and group) or account or group_add else ""
    if colon and group:
        gid = _group(group, group_text)
    elif account:
        groups = _memberships(account, group_text)
    for extra in group_add:
        number = _group(extra, group_text)
        if number not in groups:
            groups.append(number)
    return Identity(uid, gid, (gid, *groups), home)


def _user(name: str, passwd: str) -> tuple[int, int, str, str]:
    """(uid, gid, home, account name) of a user by name or number."""
    number = int(name) if name.isdigit() else -1
    for line in passwd.splitlines():
        words = line.split(":")
        if len(words) >= 4 and words[2].isdigit() and (words[0] == name or int(words[2]) == number):
            return int(words[2]), int(words[3] or 0), words[5] if len(words) > 5 and words[5] else "/", words[0]
    if number > _MAX_ID or (name[:1] == "-" and name[1:].isdigit()):
        raise NoSuchUser(_OUT_OF_RANGE)
    if number < 0:
        raise NoSuchUser(f"unable to find user {name}: no matching entries in passwd file")
    return number, 0, "/root" if number == 0 and not passwd else "/", ""


def _group(name: str, text: str) -> int:
    for line in text.splitlines():
        words = line.split(":")
        if len(words) >= 3 and words[0] == name and words[2].isdigit():
            return int(words[2])
    if name.isdigit() and int(name) <= _MAX_ID:
        return int(name)
    if name.removeprefix("-").isdigit():
        raise NoSuchUser(_OUT_OF_RANGE)
    raise NoSuchUser(f"unable to find group {name}: no matching entries in group file")


def _memberships(account: str, text: str) -> list[int]:
    result = []
    for line in text.splitlines():
        words = line.split(":")
        if len(words) >= 4 and words[2].isdigit() and account in words[3].split(","):
            result.append(int(words[2]))
    return result
