"""What is wrong with a text that is not HCL, in the words of HCL's own parser.

The tree that is read (syntax.py) forgives much; this goes through the text once, token by token, as hashicorp/hcl does, and finds the first
thing that may not stand where it stands.
"""

from __future__ import annotations

from dockercompat.build.bake.expression_mistakes import ExpressionChecker
from dockercompat.build.bake.scanner import Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.errors import BakeFailed

_SINGLE = (
    "An argument definition on the same line as its containing block creates a single-line block definition, which must also be closed on "
    "the same line. Place the block's closing brace immediately after the argument definition."
)


class Checker(ExpressionChecker):
    """Goes through one text."""

    def check(self) -> None:
        """Raises BakeFailed for the first mistake."""
        self.check_tokens()
        self._body("")

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
