"""Which known word somebody may have meant."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def suggestion(word: str, known: Iterable[str], *, upper: bool = False) -> str:
    """` (did you mean X?)` for a known word at a small distance, else ""."""
    best = nearest(word, known)
    return f" (did you mean {best.upper() if upper else best}?)" if best else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The first of the known words that are nearest, at most two changes away; "" without one."""
    best, least = "", 3
    for candidate in known:
        changes = distance(word, candidate)
        if not changes:  # it is known: whatever is wrong, it is not the word
            return ""
        if changes < least:
            best, least = candidate, changes
    return best


def distance(a: str, b: str) -> int:
    """How many letters have to be put in, left out or changed to make one word of another."""
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (char != other))
    return row[-1]
