"""What is mounted where, as this process's mount namespace has it (proc_pid_mountinfo(5))."""

from __future__ import annotations

from dockercompat.record import Record


class Mount(Record):
    """A mount: where it is, the type of its file system, and the tags of its propagation ("shared", "master")."""

    path: str
    fs_type: str
    passes_on: frozenset[str]


def find_mount(path: str) -> Mount:
    """The mount that shows an absolute path without links in it: the last one on the longest prefix."""
    best = Mount("/", "", frozenset())
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            fields = line.split(" ")
            where = _decoded(fields[4])
            if len(where) < len(best.path) or not (path == where or path.startswith(where.rstrip("/") + "/")):
                continue
            end = fields.index("-", 6)
            best = Mount(where, fields[end + 1], frozenset(tag.partition(":")[0] for tag in fields[6:end]))
    return best


def _decoded(text: str) -> str:
    for code, char in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        text = text.replace(code, char)
    return text
