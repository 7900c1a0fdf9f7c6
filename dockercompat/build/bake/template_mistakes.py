"""What is wrong in a string or a heredoc of a bake file: escapes, `${ }` and `%{ }`; in the words of HCL's own parser."""

from __future__ import annotations

import re

from dockercompat.build.bake.places import fault
from dockercompat.build.bake.scanner import TOKEN, Scanner


class TemplateChecker(Scanner):
    """Goes through templates; what stands in their braces is for a class that knows expressions."""

    def _expression(self) -> None:
        raise NotImplementedError

    def _quoted(self, *, plain: bool) -> None:
        """A string in quotes; plain: the label of a block, which has nothing in it to evaluate."""
        at = self.token.end
        source = self.source
        directives: list[tuple[str, int, int]] = []
        while True:
            mark = source[at : at + 1]
            if mark == '"':
                break
            if mark in ("", "\n"):
                raise self.split_string(at)
            if mark == "\\":
                self._escape(at)
                at += 2
            elif source.startswith(("$${", "%%{"), at):
                at += 3
            elif source.startswith(("${", "%{"), at):
                if plain:
                    detail = (
                        "Template sequences are not allowed in this string. "
                        f'To include a literal "{mark}", double it (as "{mark * 2}") to escape it.'
                    )
                    raise fault(self.range(at, at + 2), "Invalid string literal", detail)
                at = self._inside(at, directives)
            else:
                at += 1
        self._balanced(directives, at)
        self.position = at + 1
        self.token = self._scan()

    def _escape(self, at: int) -> None:
        selector = self.source[at + 1 : at + 2]
        if selector not in 'nrt"\\uU':
            detail = f'The symbol "{selector}" is not a valid escape sequence selector.'
            raise fault(self.range(at, at + 2), "Invalid escape sequence", detail)

    def _heredoc(self) -> None:
        match = TOKEN.match(self.source, self.token.start)
        assert match is not None
        end = re.compile(rf"^[ \t]*{re.escape(match['mark'])}[ \t\r]*$", re.M).search(self.source, self.token.end)
        if end is None:
            last = self.range(len(self.source), len(self.source))
            raise fault(last, "Unterminated template string", "No closing marker was found for the string.")
        at = self.token.end
        directives: list[tuple[str, int, int]] = []
        while at < end.start():
            if self.source.startswith(("$${", "%%{"), at):
                at += 3
            elif self.source.startswith(("${", "%{"), at):
                at = self._inside(at, directives)
            else:
                at += 1
        self._balanced(directives, end.start())
        self.position = end.end()
        self.token = self._scan()

    def _inside(self, at: int, directives: list[tuple[str, int, int]]) -> int:
        """What stands in `${ }` or `%{ }`; where it ends."""
        directive = self.source[at] == "%"
        start = at + 2 + (self.source[at + 2 : at + 3] == "~")
        self.skip_newlines.append(True)
        self.position = start
        self.token = self._scan()
        word = self.token.text if directive else ""
        if not directive:
            self._expression()
        elif word in ("else", "endif", "endfor"):
            self._next()
        elif word == "if":
            self._next()
            self._expression()
        elif word == "for":
            self._next()
            if self.token.kind != "name":
                raise self._wrong("Invalid 'for' directive", "For directive requires variable name after 'for'.")
            while (self.token.kind == "name" and self.token.text != "in") or self._is(","):
                self._next()
            if self.token.text != "in":
                raise self._wrong("Invalid 'for' directive", "For directive requires 'in' keyword after names.")
            self._next()
            self._expression()
        else:
            detail = f'"{word}" is not a valid control keyword.'
            if self.token.kind != "name":
                detail = 'A template directive keyword ("if", "for", etc) is expected at the beginning of a %{ sequence.'
            raise self._wrong("Invalid template directive", detail)
        if self.source[self.token.start : self.token.start + 1] == "~":
            self.position = self.token.start + 1
            self.token = self._scan()
        if not self._is("}"):
            summary = "Extra characters after interpolation expression"
            detail = "Expected a closing brace to end the interpolation expression, but found extra characters."
            if directive:
                summary = f"Extra characters in {word} marker"
                detail = f"Expected a closing brace to end the {word} marker, but found extra characters."
            raise self._wrong(summary, detail)
        end = self.token.end
        self.skip_newlines.pop()
        if directive:
            directives.append((word, at, end))
        return end

    def _balanced(self, directives: list[tuple[str, int, int]], end: int) -> None:
        """Each directive has its end."""
        opened: list[tuple[str, int, int]] = []
        for word, start, stop in directives:
            if word in ("if", "for"):
                opened.append((word, start, stop))
            elif word == "else" and opened and opened[-1][0] == "if":
                continue
            elif opened and word == f"end{opened[-1][0]}":
                opened.pop()
            else:
                detail = "The control directives within this template are unbalanced."
                raise fault(self.range(start, stop), f"Unexpected {word} directive", detail)
        if opened:
            word, start, stop = opened[-1]
            detail = f"The {word} directive at {self.range(start, stop)} is missing its corresponding end{word} directive."
            raise fault(self.range(end, end + 1), "Unexpected end of template", detail)
