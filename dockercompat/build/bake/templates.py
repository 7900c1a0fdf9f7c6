"""Templates: text with `${ }` and `%{ }` in it, in quotes, in heredocs and in the strings of JSON."""

from __future__ import annotations

import unicodedata

from dockercompat.build.bake.expressions import Conditional, Literal, Node
from dockercompat.build.bake.operations import Template, TemplateFor
from dockercompat.build.bake.places import Range, fault
from dockercompat.build.bake.syntax import Reader, unescaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tree_sitter import Node as Parsed

_MARKS = ("template_interpolation", "template_if_intro", "template_else_intro", "template_if_end", "template_for_start", "template_for_end")


class _Token:
    """kind: text, or one of _MARKS; trims: whether it eats the white space before it and after it."""

    def __init__(
        self, kind: str, at: Range, text: str = "", parsed: Parsed | None = None, trims: tuple[bool, bool] = (False, False)
    ) -> None:
        self.kind, self.at, self.text, self.parsed, self.trims = kind, at, text, parsed, trims


def quoted(reader: Reader, parsed: Parsed) -> Node:
    """`"text ${expression}"`"""
    opening, closing = parsed.children[0], parsed.children[-1]
    tokens = _tokens(reader, parsed, opening.end_byte, opening.end_point, closing.start_byte, lines=False)
    for token in tokens:
        if token.kind == "text":
            token.text = _plain(token, escapes=True)
    return _built(reader, tokens, reader.at(parsed))


def heredoc(reader: Reader, parsed: Parsed) -> Node:
    """`<<NAME` or, its least indentation taken away, `<<-NAME`."""
    start, end = parsed.children[1], parsed.children[-1]
    first = reader.source.index(b"\n", start.end_byte) + 1
    last = reader.source.rfind(b"\n", 0, end.start_byte) + 1
    tokens = _tokens(reader, parsed, first, (start.end_point[0] + 1, 0), max(first, last), lines=True)
    for token in tokens:
        if token.kind == "text":
            token.text = _plain(token, escapes=False)
    _trim(tokens)
    if parsed.children[0].children[0].type == "<<-":
        _flush(tokens)
    return _built(reader, tokens, reader.at(parsed), trimmed=True)


def from_text(text: str, at: Range) -> Node:
    """A template that stands alone, as the strings of JSON do; its faults are told at that place."""
    if "${" not in text and "%{" not in text:
        return Literal(at, text)
    mark = "EOT"
    while mark in text:
        mark += "T"
    reader = _Placed(f"x = <<{mark}\n{text}\n{mark}\n", at)
    body = reader.body()
    made = body.arguments["x"].expression
    if isinstance(made, Template):
        return _without_last_newline(made)
    return Literal(at, str(made.value)[:-1]) if isinstance(made, Literal) else made


class _Placed(Reader):
    def __init__(self, text: str, place: Range) -> None:
        super().__init__(text, place.file)
        self.place = place

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> Range:
        if start[0] != 1 or end[0] != 1 or self.place.line != self.place.end_line:
            return self.place
        first = self.place.column + self.column(*start)
        return Range(self.place.file, self.place.line, first, self.place.line, first + self.column(*end) - self.column(*start))


def _without_last_newline(made: Template) -> Node:
    *parts, last = made.parts
    assert isinstance(last, Literal)
    text = str(last.value)[:-1]
    parts = [*parts, Literal(last.at, text)] if text else parts
    if len(parts) == 1 and not isinstance(parts[0], Literal):
        return Template(made.at, (parts[0],), alone=not isinstance(parts[0], TemplateFor | Conditional))
    return Template(made.at, tuple(parts), alone=False)


def _tokens(reader: Reader, parsed: Parsed, first: int, point: tuple[int, int], last: int, *, lines: bool) -> list[_Token]:
    marks: list[Parsed] = []

    def collect(node: Parsed) -> None:
        for child in node.children:
            if child.type in _MARKS:
                marks.append(child)
            elif child.type.startswith("template_") and child.type != "template_literal":
                collect(child)

    collect(parsed)
    found: list[_Token] = []
    position = first
    for mark in [*marks, None]:
        end = mark.start_byte if mark is not None else last
        if end > position:
            text = reader.between_bytes(position, end)
            pieces = text.splitlines(keepends=True) if lines else [text]
            end_point = mark.start_point if mark is not None else reader_point(reader, last)
            at = reader.between(point, end_point)
            found += [_Token("text", at, piece) for piece in pieces]
        if mark is None:
            break
        trims = _trims(reader, mark)
        found.append(_Token(mark.type, reader.at(mark), "", mark, trims))
        position, point = mark.end_byte, mark.end_point
    return found


def reader_point(reader: Reader, offset: int) -> tuple[int, int]:
    """Row and column, from 0, of a byte of the source."""
    row = reader.source.count(b"\n", 0, offset)
    return row, offset - (reader.source.rfind(b"\n", 0, offset) + 1)


def _trims(reader: Reader, mark: Parsed) -> tuple[bool, bool]:
    text = reader.source[mark.start_byte : mark.end_byte]
    return text[2:3] == b"~", text[-2:-1] == b"~"


def _plain(token: _Token, *, escapes: bool) -> str:
    text = token.text
    if escapes:
        try:
            text = unescaped(text)
        except ValueError as error:
            mark = str(error)
            what = f'The symbol "{mark}" is not a valid escape sequence selector.'
            if len(mark) != 1:
                what = "The \\u escape sequence must be followed by four hexadecimal digits."
            raise fault(_escape_at(token, mark), "Invalid escape sequence", what) from None
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
    return text.replace("$${", "${").replace("%%{", "%{")


def _escape_at(token: _Token, mark: str) -> Range:
    column = token.at.column + max(token.text.find("\\" + mark[:1]), 0)
    return Range(token.at.file, token.at.line, column, token.at.line, column + 2)


def _trim(tokens: list[_Token]) -> None:
    """`~` eats the white space of the piece of text beside it."""
    for place, token in enumerate(tokens):
        before, after = token.trims
        if before and place and tokens[place - 1].kind == "text":
            tokens[place - 1].text = tokens[place - 1].text.rstrip()
        if after and place + 1 < len(tokens) and tokens[place + 1].kind == "text":
            tokens[place + 1].text = tokens[place + 1].text.lstrip()


def _flush(tokens: list[_Token]) -> None:
    """Take the white space away that all lines begin with; a line of white space alone does not count."""
    least = -1
    starts: list[_Token] = []
    fresh = True
    for token in tokens:
        if fresh:
            fresh = False
            spaces = 0
            if token.kind == "text":
                rest = token.text.lstrip()
                if not rest and token.text.endswith("\n"):
                    spaces = -1
                else:
                    spaces = len(token.text) - len(rest)
                    starts.append(token)
            if spaces >= 0:
                least = spaces if least < 0 else min(least, spaces)
        if token.kind == "text" and token.text.endswith("\n"):
            fresh = True
    for token in starts:
        token.text = token.text[max(least, 0) :]


def _built(reader: Reader, tokens: list[_Token], at: Range, *, trimmed: bool = False) -> Node:
    if not trimmed:
        _trim(tokens)
    parts, rest = _parts(reader, tokens, ())
    assert not rest
    if not parts:
        return Literal(at, "", Range(at.file, at.end_line, at.end_column, at.end_line, at.end_column))
    only = parts[0]
    if len(parts) == 1 and isinstance(only, Literal) and tokens[0].kind == "text":
        return Literal(at, only.value, only.at)
    return Template(at, tuple(parts), alone=len(tokens) == 1 and tokens[0].kind == "template_interpolation")


def _parts(reader: Reader, tokens: list[_Token], ends: tuple[str, ...]) -> tuple[list[Node], list[_Token]]:
    """The parts up to one of those marks, and the tokens from it on."""
    parts: list[Node] = []
    while tokens and tokens[0].kind not in ends:
        token, tokens = tokens[0], tokens[1:]
        if token.kind == "text":
            last = parts[-1] if parts else None
            if isinstance(last, Literal) and isinstance(last.value, str):
                parts[-1] = Literal(last.at, last.value + token.text)
            else:
                parts.append(Literal(token.at, token.text))
            continue
        assert token.parsed is not None
        if token.kind == "template_interpolation":
            parts.append(next(reader.expression(child) for child in token.parsed.named_children if child.type == "expression"))
            if isinstance(parts[-1], Literal) and isinstance(parts[-1].value, str):
                parts[-1] = Template(parts[-1].at, (parts[-1],), alone=True)
        elif token.kind == "template_if_intro":
            part, tokens = _if(reader, token, tokens)
            parts.append(part)
        elif token.kind == "template_for_start":
            part, tokens = _for(reader, token, tokens)
            parts.append(part)
        else:
            word = {"template_else_intro": "else", "template_if_end": "endif", "template_for_end": "endfor"}[token.kind]
            raise fault(token.at, f"Unexpected {word} directive", f"The {word} directive has no opening directive before it.")
    return parts, tokens


def _if(reader: Reader, opening: _Token, tokens: list[_Token]) -> tuple[Node, list[_Token]]:
    assert opening.parsed is not None
    condition = next(reader.expression(child) for child in opening.parsed.named_children if child.type == "expression")
    yes, tokens = _parts(reader, tokens, ("template_else_intro", "template_if_end"))
    no: list[Node] = []
    if tokens and tokens[0].kind == "template_else_intro":
        no, tokens = _parts(reader, tokens[1:], ("template_if_end",))
    if not tokens:
        raise fault(
            opening.at, "Unexpected end of template", f"The if directive at {opening.at} is missing its corresponding endif directive."
        )
    return Conditional(opening.at, condition, _text(opening.at, yes), _text(opening.at, no)), tokens[1:]


def _for(reader: Reader, opening: _Token, tokens: list[_Token]) -> tuple[Node, list[_Token]]:
    assert opening.parsed is not None
    names = [reader.text(child) for child in opening.parsed.named_children if child.type == "identifier"]
    source = next(reader.expression(child) for child in opening.parsed.named_children if child.type == "expression")
    body, tokens = _parts(reader, tokens, ("template_for_end",))
    if not tokens:
        raise fault(
            opening.at, "Unexpected end of template", f"The for directive at {opening.at} is missing its corresponding endfor directive."
        )
    pair = (names[0], names[1]) if len(names) > 1 else ("", names[0])
    return TemplateFor(opening.at, pair, source, _text(opening.at, body)), tokens[1:]


def _text(at: Range, parts: list[Node]) -> Template:
    return Template(at, tuple(parts), alone=False)
