"""Help for people: docker's own pages in colour on a terminal. Loaded there only, for rich takes longer to load than a command to run."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from rich.text import Text

_HEADING = re.compile(r"^(Usage|[A-Z][A-Za-z ]*):(?=$|  )")
_COMMAND = re.compile(r"^  ([a-z][a-z0-9*-]*)(?=  )")
_FLAG = re.compile(r"^(  -\w, |      )(--[a-z0-9-]+)( [A-Za-z0-9-]+)?(?=$|  )")


def show(page: str, file: TextIO) -> int:
    """Write a page of docker's help; without its colours it is byte for byte what a pipe gets."""
    from rich.console import Console

    console = Console(file=file, highlight=False, soft_wrap=True)
    for line in page.rstrip("\n").split("\n"):
        console.print(_styled(line))
    return 0


def _styled(line: str) -> Text:
    from rich.text import Text

    text = Text(line)
    if found := _HEADING.match(line):
        text.stylize("bold", 0, found.end())
    elif found := _COMMAND.match(line):
        text.stylize("cyan", *found.span(1))
    elif found := _FLAG.match(line):
        if "-" in found[1]:
            text.stylize("green", 2, 4)
        text.stylize("cyan", *found.span(2))
        if found[3]:
            text.stylize("yellow", *found.span(3))
    return text
