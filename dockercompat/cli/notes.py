"""docker's way to say something besides: an Info with its lines under each other, coloured on a terminal."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_HEAD = "\x1b[1m\x1b[106m\x1b[30mi\x1b[0m \x1b[96mInfo → \x1b[0m\x1b[0m"


def note(text: str, stream: TextIO) -> None:
    """Print a note; flags named in it stand out on a terminal."""
    lines = text.split("\n")
    head = " Info -> "
    if stream.isatty():
        head = _HEAD
        lines = [line.replace("--platform", "\x1b[1m--platform\x1b[0m") for line in lines]
    print("\n" + head + ("\n" + " " * 9).join(lines), file=stream, flush=True)
