"""The tokens of HCL, one after another, as hashicorp/hcl's own scanner cuts them."""

from __future__ import annotations

import re

from dockercompat.build.bake.expressions import Range, fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.errors import BakeFailed

TOKEN = re.compile(
    r"(?P<space>[ \t\r]+|/\*.*?\*/)|(?P<newline>(?:#|//)[^\n]*(?:\n|\Z)|\n)|(?P<name>[^\W\d][\w-]*)"
    r"|(?P<number>\d(?:\d|\.(?=[\d.])|[eE][+-]?\d)*)"
    r"|(?P<heredoc><<-?(?P<mark>[^\W\d][\w-]*)\r?\n)|(?P<quote>\")"
    r"|(?P<symbol>\.\.\.|&&|\|\||==|!=|<=|>=|=>|::|[-+*/%!<>?:=,.(){}\[\]])|(?P<tilde>~)|(?P<bad>.)",
    re.S,
)


class Token:
    """kind: name, number, symbol, quote, heredoc, newline, tilde or end; start and end: where in the text."""

    def __init__(self, kind: str, text: str, start: int, end: int) -> None:
        self.kind, self.text, self.start, self.end = kind, text, start, end


class Scanner:
    """Goes through one text. name: the file's, for messages; token: the one at hand, behind position."""

    def __init__(self, text: str, name: str) -> None:
        self.source, self.name, self.position = text, name, 0
        self.skip_newlines = [False]
        self.token = self._scan()

    def _scan(self) -> Token:
        while True:
            match = TOKEN.match(self.source, self.position)
            if match is None:
                return Token("end", "", len(self.source), len(self.source))
            kind = str(match.lastgroup)
            kind = "heredoc" if match["heredoc"] else kind
            if kind == "space" or (kind == "newline" and self.skip_newlines[-1]):
                self.position = match.end()
                continue
            if kind == "bad":
                detail = "This character is not used within the language."
                if match["bad"] == "'":
                    detail = 'Single quotes are not valid. Use double quotes (") to enclose strings.'
                raise fault(self.range(match.start(), match.end()), "Invalid character", detail, others=1)
            return Token(kind, match[0], match.start(), match.end())

    def _next(self) -> Token:
        token = self.token
        if token.kind in ("quote", "heredoc"):
            raise AssertionError("a template is read by its own methods")
        self.position = token.end
        self.token = self._scan()
        return token

    def _again(self, *, newlines: bool) -> None:
        """Look at what follows with other rules about newlines, from the token at hand on."""
        self.skip_newlines.append(not newlines)
        self.position = self.token.start
        self.token = self._scan()

    def _back(self) -> None:
        """The rules of before, for what follows the token at hand."""
        self.skip_newlines.pop()

    def range(self, start: int, end: int) -> Range:
        def place(offset: int) -> tuple[int, int]:
            return self.source.count("\n", 0, offset) + 1, offset - (self.source.rfind("\n", 0, offset) + 1) + 1

        return Range(self.name, *place(start), *place(end))

    def at(self, token: Token) -> Range:
        if token.kind == "newline":
            return self.range(token.start, token.end)
        if token.kind == "end":
            return self.range(token.start, token.start)
        return self.range(token.start, token.end)

    def _wrong(self, summary: str, detail: str, token: Token | None = None) -> BakeFailed:
        return fault(self.at(token or self.token), summary, detail)

    def _is(self, *symbols: str) -> bool:
        return self.token.kind == "symbol" and self.token.text in symbols
