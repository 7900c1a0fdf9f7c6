"""Why a step was not found in the cache: what its key was made of the last time, compared with what it is made of now."""

from __future__ import annotations

import os

from dockercompat import json
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.build.solving.tree import Tree

_NAMES = 3  # files that are named; the others are counted


class Parts(Record):
    """What a step's cache key is over.

    operation  the operation as JSON
    below      digest of the layers it works on
    contents   of what it takes from elsewhere: input (the name of a step or of a context), path, digest
    """

    operation: Mapping[str, Any]
    below: str
    contents: tuple[tuple[str, str, str], ...]

    def to_text(self) -> str:
        return json.dumps([self.operation, self.below, self.contents], separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Parts:
        operation, below, contents = json.loads(text)
        return cls(operation, below, tuple((a, b, c) for a, b, c in contents))


def reasons(before: Parts | None, now: Parts, trees: Mapping[str, Tree]) -> list[str]:
    """Sentences without a full stop, the most telling first.

    before  None when nothing is known of this step
    trees   contexts by name, with their memories of file contents
    """
    if before is None:
        return ["this step was not built before"]
    found = _operation(before.operation, now.operation)
    earlier = {(source, path): digest for source, path, digest in before.contents}
    for source, path, digest in now.contents:
        known = earlier.get((source, path))
        if known == digest:
            continue
        if known is None:
            found.append(f"{path} of {source} was not taken before")
        else:
            found += _content(source, path, trees.get(source))
    if before.below != now.below:
        found.append("a step before it gave another result")
    return found or ["its result was removed from the cache"]


def _operation(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    found = []
    if before.get("op") != now.get("op"):
        return ["another instruction stood here"]
    for name in sorted({*before, *now}):
        old, new = before.get(name), now.get(name)
        if old == new:
            continue
        if name == "args":
            found.append(f"the command changed: {_command(old)} -> {_command(new)}")
        elif name == "env":
            found += _variables(dict(old or ()), dict(new or ()))
        elif name == "sources":
            found += _sources(old or [], new or [])
        else:
            found.append(f"{name} changed: {_short(old)} -> {_short(new)}")
    return found


def _variables(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    found = []
    for name in sorted({*old, *new}):
        if name not in new:
            found.append(f"the variable {name} is no longer set")
        elif name not in old:
            found.append(f"the variable {name} is new: {_short(new[name])}")
        elif old[name] != new[name]:
            found.append(f"the variable {name} changed: {_short(old[name])} -> {_short(new[name])}")
    return found or ["the order of the variables changed"]


def _sources(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[str]:
    before, now = [each["path"] for each in old], [each["path"] for each in new]
    if before != now:
        return [f"the sources changed: {' '.join(before)} -> {' '.join(now)}"]
    if any(a.get("content") != b.get("content") for a, b in zip(old, new)):
        return ["the text of a here-document changed"]
    return ["how the sources are read changed"]


def _content(source: str, path: str, tree: Tree | None) -> list[str]:
    if tree is None or tree.hashes is None:
        return [f"what it takes from {source} changed: {path}"]
    base = os.path.normpath(f"{tree.root}/{path.lstrip('/')}")
    known, fresh = tree.hashes.known, tree.hashes.fresh
    wildcard = any(letter in path for letter in "*?[")
    below = os.path.dirname(base) if wildcard else base

    def is_below(name: str) -> bool:
        return name == below or name.startswith(below.rstrip("/") + "/")

    changed = [name for name, facts in fresh.items() if is_below(name) and (name not in known or known[name][4] != facts[4])]
    gone = [name for name in known if is_below(name) and name not in fresh and not os.path.lexists(name)]
    if gone:
        tree.hashes.changed = True  # they are to be forgotten
    names = [f"{os.path.relpath(name, tree.root)} is new or changed" for name in sorted(changed)]
    names += [f"{os.path.relpath(name, tree.root)} was removed" for name in sorted(gone)]
    if not names:
        return [f"{path} of {source} changed: a name, a mode or a link"]
    more = len(names) - _NAMES
    return names[:_NAMES] + ([f"{more} more files changed"] if more > 0 else [])


def _command(args: object) -> str:
    words = [str(each) for each in args] if isinstance(args, list | tuple) else []
    return _short(words[-1] if len(words) == 3 and words[1] == "-c" else " ".join(words))


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    text = text.replace("\n", "\\n")
    return f'"{text}"' if len(text) <= 80 else f'"{text[:77]}..."'
