"""The tokens of HCL, one after another, as hashicorp/hcl's own scanner cuts them."""

from __future__ import annotations

import re

from dockercompat.build.bake.places import Range, fault

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


_MULTI_LINE = (
    "Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \\n escape to represent a newline "
    'character or use the "heredoc" multi-line template syntax.'
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

    def check_tokens(self) -> None:
        """What no token can be made of, anywhere in the text. Raises BakeFailed."""
        at = 0
        inside: list[str] = []  # what is open: a quote, the mark of a heredoc, or a brace: of a template ("$") or of its expression ("{")
        while at < len(self.source):
            state = inside[-1] if inside else ""
            at = self._over_text(at, inside) if state and state not in "${" else self._over_token(at, inside)
        if inside and inside[-1] == '"':
            last = self.range(len(self.source), len(self.source))
            raise fault(last, "Unterminated template string", "No closing marker was found for the string.")

    def _over_text(self, at: int, inside: list[str]) -> int:
        """Past the next piece of a string or of a heredoc."""
        source, state = self.source, inside[-1]
        if source.startswith(("$${", "%%{"), at):
            return at + 3
        if source.startswith(("${", "%{"), at):
            inside.append("$")
            return at + 2
        if state == '"':
            if source[at] == "\n":
                raise self.split_string(at)
            if source[at] == '"':
                inside.pop()
            return at + (2 if source[at] == "\\" else 1)
        if source[at - 1] == "\n":
            end = re.compile(rf"[ \t]*{re.escape(state[1:])}[ \t\r]*(?=\n|\Z)").match(source, at)
            if end is not None:
                inside.pop()
                return end.end()
        return at + 1

    def _over_token(self, at: int, inside: list[str]) -> int:
        """Past the next token."""
        match = TOKEN.match(self.source, at)
        assert match is not None
        kind = "heredoc" if match["heredoc"] else str(match.lastgroup)
        if kind == "bad":
            raise self._bad(match)
        if kind == "quote":
            inside.append('"')
        elif kind == "heredoc":
            inside.append("<" + match["mark"])
        elif kind == "tilde" and not self._strips(match, inside):
            detail = 'Bitwise operators are not supported. Did you mean boolean NOT ("!")?'
            raise fault(self.range(match.start(), match.end()), "Unsupported operator", detail, others=1)
        elif match[0] == "{" and inside:
            inside.append("{")
        elif match[0] == "}" and inside:
            inside.pop()
        return match.end()

    def _strips(self, match: re.Match[str], inside: list[str]) -> bool:
        """Whether a tilde is one that eats white space: just within the braces of a template."""
        before, after = self.source[match.start() - 2 : match.start()], self.source[match.end() : match.end() + 1]
        return bool(inside) and inside[-1] == "$" and (before in ("${", "%{") or after == "}")

    def split_string(self, at: int) -> BakeFailed:
        """The error for a string that does not end on its line, which ends there."""
        end = at + 1 if at < len(self.source) else at
        return fault(self.range(at, end), "Invalid multi-line string", _MULTI_LINE, others=3)

    def _bad(self, match: re.Match[str]) -> BakeFailed:
        detail = "This character is not used within the language."
        if match["bad"] == "'":
            detail = 'Single quotes are not valid. Use double quotes (") to enclose strings.'
        if match["bad"] in "|&^":
            meant = {"|": ' Did you mean boolean OR ("||")?', "&": ' Did you mean boolean AND ("&&")?'}.get(match["bad"], "")
            detail = f"Bitwise operators are not supported.{meant}"
            return fault(self.range(match.start(), match.end()), "Unsupported operator", detail, others=1)
        return fault(self.range(match.start(), match.end()), "Invalid character", detail, others=1)

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
                raise self._bad(match)
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
