"""Docker's command line as rows: a file a noun. Only the file that a command needs is imported."""

from __future__ import annotations

from dockercompat.cli.surface.root import ELSEWHERE, FILES
from dockercompat.cli.surface.rows import Command, Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Rows:
    """The rows of one file."""

    def __init__(self, nouns: tuple[Noun, ...], commands: tuple[Command, ...]) -> None:
        self.nouns = nouns
        self.commands = commands

    def noun(self, name: str) -> Noun | None:
        for noun in self.nouns:
            if noun.name == name:
                return noun
        return None

    def command(self, name: str) -> Command | None:
        for command in self.commands:
            if command.name == name or name in command.aliases or name in command.hidden_aliases:
                return command
        for path, file, _ in ELSEWHERE:
            if path == name:
                return rows_in(file).command(name)
        return None

    def under(self, noun: Noun) -> list[Command | Noun]:
        """What stands directly under a noun, as help lists it."""
        prefix = noun.name + " "
        rows: list[Command | Noun] = [*self.nouns, *self.commands]
        return [row for row in rows if row.name.startswith(prefix) and " " not in row.name[len(prefix) :]]


def rows_of(word: str) -> Rows | None:
    """The rows that a first word stands in, None when docker has no such word."""
    file = FILES.get(word)
    return None if file is None else rows_in(file)


def rows_in(file: str) -> Rows:
    """The rows of a file of this folder."""
    module = __import__(f"{__name__}.{file}", fromlist=["COMMANDS"])
    return Rows(module.NOUNS, module.COMMANDS)


def all_rows() -> Iterator[Rows]:
    """Every file's rows, by name of file."""
    for file in sorted(set(FILES.values())):
        yield rows_in(file)
