"""What is wrong in an expression of a bake file, in the words of HCL's own parser."""

from __future__ import annotations

import re

from dockercompat.build.bake.scanner import Token
from dockercompat.build.bake.template_mistakes import TemplateChecker

_OPERATORS = ("&&", "||", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%")
_EXPRESSION = "Expected the start of an expression, but found an invalid expression token."


class ExpressionChecker(TemplateChecker):
    """Goes through expressions."""

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
