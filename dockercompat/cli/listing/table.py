"""Rows of a listing -> text, for `--format` of any kind: a table, `table TEMPLATE`, json, raw or a template.

What is looked up per row is a dict of functions, "fields", named as in docker's templates. Common formats never load the template
engine; it is imported in the one function that needs it because it would double the time of `ps`.
"""

from __future__ import annotations

from dockercompat.errors import ClientError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    Fields = Mapping[str, Callable[..., Any]]

PADDING = 3
MIN_WIDTH = 10


class Row:
    """An object as the Engine API gives it, and whether ids and long texts of it are cut."""

    __slots__ = ("api", "truncated")

    def __init__(self, api: dict[str, Any], truncated: bool) -> None:
        self.api = api
        self.truncated = truncated


class Noun(Record):
    """What one listing can show.

    go_type  the type that docker's error messages name
    fields   name -> function(row); one with a second parameter takes a text argument in templates and is no column
    titles   name -> heading of the column
    """

    go_type: str
    fields: Fields
    titles: Mapping[str, str]

    def columns(self) -> list[str]:
        """The names that `{{json .}}` writes, sorted."""
        return [name for name in sorted(self.fields) if self.fields[name].__code__.co_argcount == 1]


def render(noun: Noun, rows: Iterable[Any], format: str, *, prefix: str = "template parsing error: ") -> str:
    """The whole text, each row on a line of its own; nothing when a row can't be rendered.

    format  a full format: "table {{.A}}\\t{{.B}}", "json" or a template
    prefix  what docker writes before a complaint about the template
    Raises  ClientError in docker's words
    """
    if format == "json":
        return "".join(json_line(noun, row) + "\n" for row in rows)
    is_table = format.startswith("table")
    text = format.removeprefix("table") if is_table else format
    text = text.strip(" ").replace("\\t", "\t").replace("\\n", "\n")
    simple = _simple(noun, text)
    if simple is not None:
        lines = [_simple_line(noun, simple, row) for row in rows]
        heading = "".join(part if at % 2 == 0 else noun.titles.get(part, "<no value>") for at, part in enumerate(simple))
    else:
        lines, heading = _with_engine(noun, rows, text, prefix, is_table)
    if not is_table:
        return "".join(line + "\n" for line in lines)
    return align("\n".join((heading, *lines, "")))


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, min_width: int = MIN_WIDTH, padding: int = PADDING) -> str:
    """A table of ready texts."""
    return align("".join("\t".join(row) + "\n" for row in (titles, *rows)), min_width=min_width, padding=padding)


def json_line(noun: Noun, row: Any) -> str:
    """A row as one JSON object, its keys sorted and its <, > and & escaped, as docker does."""
    from dockercompat.cli.listing.json_line import dump

    return dump({name: noun.fields[name](row) for name in noun.columns()})


def align(text: str, *, min_width: int = MIN_WIDTH, padding: int = PADDING) -> str:
    """Pad the cells that end in a tab so that those of neighbouring lines form columns; the last cell of a line is free.

    Spec  Go's text/tabwriter padding with spaces, widths as on a terminal
    """
    lines = [line.split("\t") for line in text.split("\n")]
    counts = {len(line) for line in lines[:-1]}
    if len(counts) == 1 and len(lines[-1]) == 1:
        columns = counts.pop() - 1
        widths = [max(min_width, *(width(line[at]) + padding for line in lines[:-1])) for at in range(columns)]
        out = []
        for line in lines[:-1]:
            cells = [cell + " " * (wanted - width(cell)) for cell, wanted in zip(line, widths)]
            out.append("".join(cells) + line[-1])
        out.append(lines[-1][0])
        return "\n".join(out)
    return "\n".join(_elastic(lines, min_width, padding))


def _elastic(lines: list[list[str]], min_width: int, padding: int) -> list[str]:
    """The general case: a column is a run of neighbouring lines that have this cell."""
    widths: list[list[int]] = [[0] * (len(line) - 1) for line in lines]
    for column in range(max(len(line) for line in lines) - 1):
        start = 0
        while start < len(lines):
            if len(lines[start]) - 1 <= column:
                start += 1
                continue
            end = start
            while end < len(lines) and len(lines[end]) - 1 > column:
                end += 1
            wanted = max(min_width, *(width(lines[at][column]) + padding for at in range(start, end)))
            for at in range(start, end):
                widths[at][column] = wanted
            start = end
    return ["".join(c + " " * (w - width(c)) for c, w in zip(line, each)) + line[-1] for line, each in zip(lines, widths)]


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    if all(c < "\u0300" or "\u2010" <= c <= "\u2027" for c in text):
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) or c == "\u200d" else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _simple(noun: Noun, text: str) -> list[str] | None:
    """Texts and field names by turns, if the template has nothing but plain columns."""
    parts: list[str] = []
    rest = text
    while True:
        before, opened, rest = rest.partition("{{")
        parts.append(before)
        if not opened:
            return parts
        name, closed, rest = rest.partition("}}")
        name = name.strip(" ")
        field = noun.fields.get(name[1:]) if name[:1] == "." else None
        if not closed or field is None or field.__code__.co_argcount != 1:
            return None
        parts.append(name[1:])


def _simple_line(noun: Noun, parts: list[str], row: Any) -> str:
    fields = noun.fields
    return "".join([part if at % 2 == 0 else _shown(fields[part](row)) for at, part in enumerate(parts)])


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _with_engine(noun: Noun, rows: Iterable[Any], text: str, prefix: str, is_table: bool) -> tuple[list[str], str]:
    from dockercompat.cli.listing import templated as engine

    try:
        template = engine.Template(text)
        type_ = engine.row_type(noun)
        lines = [template.execute(engine.Value(type_, row)) for row in rows]
    except engine.TemplateError as failure:
        raise ClientError(f"{prefix}{failure}") from None
    return lines, engine.heading(text, noun.titles) if is_table else ""
