"""What is wrong with a text that is not HCL, in the words of HCL's own parser.

The tree that is read (syntax.py) forgives much; this goes through the text once, token by token, as hashicorp/hcl does, and finds the first
thing that may not stand where it stands.
"""

from __future__ import annotations

import re

from dockercompat.build.bake.places import fault
from dockercompat.build.bake.scanner import TOKEN, Scanner, Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.errors import BakeFailed

_OPERATORS = ("&&", "||", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%")
_SINGLE = (
    "An argument definition on the same line as its containing block creates a single-line block definition, which must also be closed on "
    "the same line. Place the block's closing brace immediately after the argument definition."
)
_EXPRESSION = "Expected the start of an expression, but found an invalid expression token."


class Checker(Scanner):
    """Goes through one text."""

    def check(self) -> None:
        """Raises BakeFailed for the first mistake."""
        self.check_tokens()
        self._body("")

    # -- blocks -------------------------------------------------------------------------------------------------------

    def _body(self, closing: str, opened: Token | None = None) -> None:
        while True:
            token = self.token
            if token.kind == "newline":
                self._next()
            elif token.kind == "name":
                self._item()
            elif closing and self._is(closing):
                return
            elif token.kind == "end":
                if not closing:
                    return
                raise self._unclosed(opened)
            elif token.kind == "quote":
                detail = "Argument names must not be quoted."
                raise self._wrong("Invalid argument name", detail, token)
            else:
                detail = "An argument or block definition is required here."
                raise self._wrong("Argument or block definition required", detail)

    def _item(self) -> None:
        name = self._next()
        if self._is("="):
            self._next()
            self._expression()
            self._argument_end()
        elif self.token.kind in ("name", "quote") or self._is("{"):
            self._block(name)
        else:
            detail = (
                'An argument or block definition is required here. To set an argument, use the equals sign "=" to introduce the argument '
                "value."
            )
            raise self._wrong("Argument or block definition required", detail, name)

    def _argument_end(self) -> None:
        if self.token.kind == "newline":
            self._next()
        elif self.token.kind != "end":
            raise self._wrong("Missing newline after argument", "An argument definition must end with a newline.")

    def _block(self, name: Token) -> None:
        while self.token.kind in ("name", "quote"):
            if self.token.kind == "quote":
                self._quoted(plain=True)
            else:
                self._next()
        if not self._is("{"):
            if self._is("="):
                detail = 'The equals sign "=" indicates an argument definition, and must not be used when defining a block.'
                raise self._wrong("Invalid block definition", detail)
            if self.token.kind == "newline":
                detail = (
                    'A block definition must have block content delimited by "{" and "}", starting on the same line as the block header.'
                )
                raise self._wrong("Invalid block definition", detail)
            detail = 'Either a quoted string block label or an opening brace ("{") is expected here.'
            raise self._wrong("Invalid block definition", detail)
        opened = self._next()
        if self.token.kind == "name":
            self._single(opened)
        elif self.token.kind != "newline" and not self._is("}"):
            self._body("}", opened)
        else:
            self._body("}", opened)
        self._next()
        if self.token.kind == "newline":
            self._next()
        elif self.token.kind != "end" and not self._is("}"):
            raise self._wrong("Missing newline after block definition", "A block definition must end with a newline.")

    def _unclosed(self, opened: Token | None) -> BakeFailed:
        detail = (
            "There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere "
            "in this file."
        )
        return self._wrong("Unclosed configuration block", detail, opened)

    def _single(self, opened: Token) -> None:
        """`{ name = value }` on one line."""
        name = self._next()
        if self._is("="):
            self._next()
            self._expression()
            if self.token.kind == "end":
                raise self._unclosed(opened)
            if not self._is("}"):
                if self._is(","):
                    detail = (
                        "Single-line block syntax can include only one argument definition. To define multiple arguments, use the "
                        "multi-line block syntax with one argument definition per line."
                    )
                    raise self._wrong("Invalid single-argument block definition", detail)
                detail = "A single-line block definition must end with a closing brace immediately after its single argument definition."
                raise self._wrong("Invalid single-argument block definition", _SINGLE if self.token.kind == "newline" else detail)
            return
        if self.token.kind in ("name", "quote") or self._is("{"):
            detail = (
                f'A single-line block definition can contain only a single argument. If you meant to define argument "{name.text}", use an '
                "equals sign to assign it a value. To define a nested block, place it on a line of its own within its parent block."
            )
            raise self._wrong("Argument definition required", detail, Token("", "", name.start, self.token.end))
        detail = (
            'An argument or block definition is required here. To set an argument, use the equals sign "=" to introduce the argument value.'
        )
        raise self._wrong("Argument or block definition required", detail, name)

    # -- expressions --------------------------------------------------------------------------------------------------

    def _expression(self) -> None:
        self._binary()
        if self._is("?"):
            opening = self._next()
            self._expression()
            if not self._is(":"):
                detail = "The conditional operator (...?...:...) requires a false expression, delimited by a colon."
                raise self._wrong("Missing false expression in conditional", detail, Token("", "", opening.start, self.token.end))
            self._next()
            self._expression()

    def _binary(self) -> None:
        self._term()
        while self._is(*_OPERATORS):
            self._next()
            self._term()

    def _term(self) -> None:
        if self._is("-", "!"):
            self._next()
            self._term()
            return
        self._primary()
        while True:
            if self._is("."):
                self._dot()
            elif self._is("["):
                self._again(newlines=False)
                self._next()
                if self._is("*"):
                    self._next()
                else:
                    self._expression()
                if not self._is("]"):
                    raise self._wrong("Missing close bracket on index", 'The index operator must end with a closing bracket ("]").')
                self._back()
                self._next()
            else:
                return

    def _dot(self) -> None:
        self._next()
        if self.token.kind in ("name", "number") or self._is("*"):
            self._next()
            return
        if self._is("["):
            return
        raise self._wrong("Invalid attribute name", "An attribute name is required after a dot.")

    def _primary(self) -> None:
        token = self.token
        if token.kind == "name":
            self._next()
            while self._is("::"):
                self._next()
                self._next()
            if self._is("("):
                self._call()
        elif token.kind == "number":
            if re.fullmatch(r"\d+(\.\d+)?([eE][+-]?\d+)?", token.text) is None:
                raise self._wrong("Invalid number literal", "Failed to recognize the value of this number literal.")
            self._next()
        elif token.kind == "quote":
            self._quoted(plain=False)
        elif token.kind == "heredoc":
            self._heredoc()
        elif self._is("("):
            self._again(newlines=False)
            self._next()
            self._expression()
            if not self._is(")"):
                raise self._wrong("Unbalanced parentheses", "Expected a closing parenthesis to terminate the expression.")
            self._back()
            self._next()
        elif self._is("["):
            self._tuple()
        elif self._is("{"):
            self._object()
        elif token.kind == "end":
            raise self._wrong("Missing expression", "Expected the start of an expression, but found the end of the file.")
        else:
            raise self._wrong("Invalid expression", _EXPRESSION)

    def _call(self) -> None:
        self._again(newlines=False)
        self._next()
        while not self._is(")"):
            self._expression()
            if self._is("..."):
                dots = self._next()
                if not self._is(")"):
                    detail = "An expanded function argument (with ...) must be immediately followed by closing parentheses."
                    raise self._wrong("Missing closing parenthesis", detail, dots)
                break
            if self._is(")"):
                break
            if self.token.kind == "end":
                detail = (
                    "There is no closing parenthesis for this function call before the end of the file. This may be caused by incorrect "
                    "parenthesis nesting elsewhere in this file."
                )
                raise self._wrong("Unterminated function call", detail)
            if not self._is(","):
                detail = "A comma is required to separate each function argument from the next."
                raise self._wrong("Missing argument separator", detail)
            self._next()
        self._back()
        self._next()

    def _tuple(self) -> None:
        self._again(newlines=False)
        self._next()
        if self.token.kind == "name" and self.token.text == "for":
            self._for("]")
        while not self._is("]"):
            self._expression()
            if self._is("]"):
                break
            if self.token.kind == "end":
                detail = (
                    "There is no corresponding closing bracket before the end of the file. This may be caused by incorrect bracket nesting "
                    "elsewhere in this file."
                )
                raise self._wrong("Unterminated tuple constructor expression", detail)
            if not self._is(","):
                raise self._wrong("Missing item separator", "Expected a comma to mark the beginning of the next item.")
            self._next()
        self._back()
        self._next()

    def _object(self) -> None:
        opened = self.token
        self._again(newlines=True)
        self._next()
        if self.token.kind == "name" and self.token.text == "for" and re.match(r"\s+[^\W\d]", self.source[self.token.end :]):
            self._again(newlines=False)
            self._for("}")
            self._back()
        while not self._is("}"):
            if self.token.kind == "newline":
                self._next()
                continue
            if self.token.kind == "end":
                detail = (
                    "There is no corresponding closing brace before the end of the file. This may be caused by incorrect brace nesting "
                    "elsewhere in this file."
                )
                raise self._wrong("Unterminated object constructor expression", detail, opened)
            self._element()
            if self._is("}"):
                break
            if self._is(",") or self.token.kind == "newline":
                self._next()
                continue
            detail = "Expected a newline or comma to mark the beginning of the next attribute."
            raise self._wrong("Missing attribute separator", detail)
        self._back()
        self._next()

    def _element(self) -> None:
        self._expression()
        if not self._is("=", ":"):
            if self.token.kind == "newline" or self._is(","):
                detail = 'Expected an attribute value, introduced by an equals sign ("=").'
                raise self._wrong("Missing attribute value", detail)
            detail = 'Expected an equals sign ("=") to mark the beginning of the attribute value.'
            if self.token.kind == "name":
                detail += (
                    " If you intended to given an attribute name containing periods or spaces, write the name in quotes to create a string "
                    "literal."
                )
            raise self._wrong("Missing key/value separator", detail)
        self._next()
        self._expression()

    def _for(self, closing: str) -> None:
        self._next()
        if self.token.kind != "name":
            raise self._wrong("Invalid 'for' expression", "For expression requires variable name after 'for'.")
        self._next()
        if self._is(","):
            self._next()
            if self.token.kind != "name":
                raise self._wrong("Invalid 'for' expression", "For expression requires value variable name after comma.")
            self._next()
        if not (self.token.kind == "name" and self.token.text == "in"):
            raise self._wrong("Invalid 'for' expression", "For expression requires the 'in' keyword after its name declarations.")
        self._next()
        self._expression()
        if not self._is(":"):
            raise self._wrong("Invalid 'for' expression", "For expression requires a colon after the collection expression.")
        self._next()
        self._expression()
        if closing == "}":
            if not self._is("=>"):
                raise self._wrong("Invalid 'for' expression", "An arrow (=>) is required between the key and the value.")
            self._next()
            self._expression()
            if self._is("..."):
                self._next()
        if self.token.kind == "name" and self.token.text == "if":
            self._next()
            self._expression()
        if closing == "]" and self._is("..."):
            raise self._wrong("Invalid 'for' expression", "Grouping ellipsis (...) cannot be used when building a tuple.")
        if not self._is(closing):
            raise self._wrong("Invalid 'for' expression", "Extra characters after the end of the 'for' expression.")

    # -- templates ----------------------------------------------------------------------------------------------------

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
