"""Which user and group ids a namespace of this user can have: /etc/subuid and /etc/subgid (subuid(5))."""

from __future__ import annotations

import os

from dockercompat.record import Record

NOBODY = 65534  # who owns a file in a namespace that does not have its owner


class IdRange(Record):
    """A line of uid_map: count ids, inside_id onwards in the namespace being outside_id onwards here."""

    inside_id: int
    outside_id: int
    count: int

    def __str__(self) -> str:
        return f"{self.inside_id} {self.outside_id} {self.count}"


class IdMap(Record):
    """The maps of the user's namespace. single: only one id exists, so owners of files can't be kept."""

    uids: tuple[IdRange, ...]
    gids: tuple[IdRange, ...]
    single: bool = False


class Exchange(Record):
    """Which user and group of a container the caller is, where that is not root: their ids and root's change places.

    In the container `uid` is the caller, so that it owns the caller's files; root is what `uid` is elsewhere: an id of the
    subordinate ranges. Files that belong to the engine keep the owners that other containers give them, and are shown through a
    view that exchanges the two as well.
    """

    uid: int
    gid: int

    def container_maps(self) -> tuple[tuple[IdRange, ...], tuple[IdRange, ...]]:
        """uid_map and gid_map of the container's user namespace, made in the one that this process is in."""
        return _exchanged(self.uid, _extents("uid")), _exchanged(self.gid, _extents("gid"))

    def root(self) -> tuple[int, int]:
        """What the container's root is here."""
        return _partner(self.uid, _extents("uid")), _partner(self.gid, _extents("gid"))

    def views(self) -> tuple[tuple[IdRange, ...], tuple[IdRange, ...]]:
        """Owners as stored (outside_id) -> owners as such a container has to find them, both as ids of this namespace."""
        uid, gid = self.root()
        return _exchanged(uid, _extents("uid")), _exchanged(gid, _extents("gid"))


def _partner(exchanged_id: int, extents: list[tuple[int, int]]) -> int:
    """The id that changes places with 0; for one that is not there, the last that is."""
    last = sum(extents[-1]) - 1
    return min(exchanged_id, last)


def _exchanged(exchanged_id: int, extents: list[tuple[int, int]]) -> tuple[IdRange, ...]:
    """All ids as themselves, but 0 and another one in each other's place; a row lies within one extent, as the kernel wants."""
    partner = _partner(exchanged_id, extents)
    rows = [IdRange(0, partner, 1)] if partner else []
    rows.append(IdRange(exchanged_id, 0, 1))
    for start, count in extents:
        end = start + count
        start = max(start, 1)
        pieces = ((start, partner), (partner + 1, end)) if start <= partner < end else ((start, end),)
        rows += [IdRange(first, first, after - first) for first, after in pieces if after > first]
    return tuple(sorted(rows, key=lambda row: row.inside_id))


def _extents(kind: str) -> list[tuple[int, int]]:
    """First id and count of each row of the map of this process's namespace, in order."""
    with open(f"/proc/self/{kind}_map", encoding="utf-8") as file:
        return sorted((int(line.split()[0]), int(line.split()[2])) for line in file)


def real_ids() -> tuple[int, int]:
    """The user's uid and gid on the host, asked from inside or outside of the holder's namespace."""
    return real_uid(), _outside("gid") if os.getgid() == 0 else os.getgid()


def has_user(uid: int) -> bool:
    """Whether the namespace of this process has a user id."""
    return uid < sum(_extents("uid")[-1])


def for_this_user() -> IdMap:
    """The map for the calling user: identity for root, else itself as 0 and its subordinate ranges from 1 on."""
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        return IdMap(_identity("/proc/self/uid_map"), _identity("/proc/self/gid_map"))
    name = _user_name(uid)
    uid_ranges = _subordinate("/etc/subuid", name, uid)
    gid_ranges = _subordinate("/etc/subgid", name, uid)
    if not uid_ranges or not gid_ranges:
        return IdMap((IdRange(0, uid, 1),), (IdRange(0, gid, 1),), single=True)
    return IdMap(_stack(uid, uid_ranges), _stack(gid, gid_ranges))


def real_uid() -> int:
    """The user's id on the host, asked from inside or outside of the holder's namespace."""
    if os.getuid() != 0:
        return os.getuid()
    return _outside("uid")


def _outside(kind: str) -> int:
    """What 0 is in the namespace around this one."""
    with open(f"/proc/self/{kind}_map", encoding="utf-8") as file:
        for line in file:
            inside, outside, _ = line.split()
            if inside == "0":
                return int(outside)
    return 0


def current_is_single() -> bool:
    """Whether the namespace that this process is in knows one user id only."""
    with open("/proc/self/uid_map", encoding="utf-8") as file:
        lines = [line.split() for line in file]
    return len(lines) == 1 and int(lines[0][2]) == 1


def _identity(path: str) -> tuple[IdRange, ...]:
    """The ids there are, each as itself; in two ranges at least, because crun takes one full range for the initial namespace."""
    with open(path, encoding="utf-8") as file:
        rows = [[int(word) for word in line.split()] for line in file]
    ranges = [IdRange(inside, inside, count) for inside, _, count in rows]
    first = ranges[0]
    if len(ranges) == 1 and first.count > 1:
        ranges = [first.replace(count=1), IdRange(first.inside_id + 1, first.inside_id + 1, first.count - 1)]
    return tuple(ranges)


def _user_name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


def _subordinate(path: str, name: str, uid: int) -> list[tuple[int, int]]:
    """Ranges (start, count) that the file gives to a user, by name or by number, in its order."""
    ranges: list[tuple[int, int]] = []
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                words = line.strip().split(":")
                if len(words) == 3 and words[0] in (name, str(uid)) and words[1].isdigit() and words[2].isdigit():
                    ranges.append((int(words[1]), int(words[2])))
    except OSError:
        return []
    return ranges


def _stack(own_id: int, ranges: list[tuple[int, int]]) -> tuple[IdRange, ...]:
    rows = [IdRange(0, own_id, 1)]
    inside = 1
    for start, count in ranges:
        rows.append(IdRange(inside, start, count))
        inside += count
    return tuple(rows)
