"""Text of a template -> tokens, with the token boundaries and complaints of text/template/parse."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

KEYWORDS = frozenset(("block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with"))

_SPACE = " \t\r\n"


class Token:
    """kind  text, left, right, space, bool, char (any other sign), rune, number, string, raw, dot, field, identifier, variable,
    assign, declare, pipe, (, ), a keyword's own name, error (value is the complaint) or EOF"""

    __slots__ = ("kind", "line", "position", "value")

    def __init__(self, kind: str, value: str, position: int, line: int) -> None:
        self.kind = kind
        self.value = value
        self.position = position
        self.line = line

    def __str__(self) -> str:
        if self.kind == "EOF":
            return "EOF"
        if self.kind == "error":
            return self.value
        if self.kind in KEYWORDS or self.kind == "dot":
            return f"<{self.value}>"
        return f"{quote(self.value[:10])}..." if len(self.value) > 10 else quote(self.value)


def quote(text: str) -> str:
    """Go's strconv.Quote."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{"".join(_quoted_sign(c) for c in text)}"'


_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\", '"': '\\"'}


def _quoted_sign(sign: str) -> str:
    code = ord(sign)
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code == 0x20 or (sign.isprintable() and not sign.isspace()):
        return sign
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def lex(text: str) -> Iterator[Token]:
    """All tokens in order; the last one is EOF or error."""
    return _Lexer(text).run()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.start = 0
        self.depth = 0

    def run(self) -> Iterator[Token]:
        text = self.text
        while True:
            opened = text.find("{{", self.at)
            end = len(text) if opened < 0 else opened
            trim = opened >= 0 and _trims_left(text, opened + 2)
            kept = text[self.at : end].rstrip(_SPACE) if trim else text[self.at : end]
            if kept:
                yield Token("text", kept, self.at, self.line(self.at))
            self.at = end
            if opened < 0:
                yield Token("EOF", "", self.at, self.line(self.at))
                return
            inside = opened + (4 if trim else 2)
            if text.startswith("/*", inside):
                self.start = self.at = inside
                complaint = self.comment()
                if complaint:
                    yield complaint
                    return
                continue
            yield Token("left", "{{", opened, self.line(opened))
            self.at = inside
            self.depth = 0
            while True:
                token = self.inside()
                yield token
                if token.kind == "right":
                    break
                if token.kind == "error":
                    return

    def line(self, position: int) -> int:
        return 1 + self.text.count("\n", 0, position)

    def comment(self) -> Token | None:
        closed = self.text.find("*/", self.at + 2)
        if closed < 0:
            return self.error("unclosed comment")
        self.at = closed + 2
        width = self.closes()
        if not width:
            return self.error("comment ends before closing delimiter")
        self.skip(width)
        return None

    def closes(self) -> int:
        """The width of a right delimiter here: 2, 4 with its trim marker, 0 when there is none."""
        if self.text.startswith("}}", self.at):
            return 2
        if self.text[self.at : self.at + 1] in tuple(_SPACE) and self.text.startswith("-}}", self.at + 1):
            return 4
        return 0

    def skip(self, width: int) -> None:
        self.at += width
        if width == 4:
            while self.at < len(self.text) and self.text[self.at] in _SPACE:
                self.at += 1

    def error(self, message: str) -> Token:
        return Token("error", message, self.start, self.line(self.start))

    def emit(self, kind: str) -> Token:
        return Token(kind, self.text[self.start : self.at], self.start, self.line(self.start))

    def inside(self) -> Token:
        text = self.text
        width = self.closes()
        self.start = self.at
        if width:
            if self.depth:
                return self.error("unclosed left paren")
            position = self.at + width - 2
            self.skip(width)
            return Token("right", "}}", position, self.line(position))
        if self.at >= len(text):
            return self.error("unclosed action")
        sign = text[self.at]
        self.at += 1
        if sign in _SPACE:
            while self.at < len(text) and text[self.at] in _SPACE and not text.startswith("-}}", self.at + 1):
                self.at += 1
            return self.emit("space")
        if sign == "=":
            return self.emit("assign")
        if sign == ":":
            if not text.startswith("=", self.at):
                return self.error("expected :=")
            self.at += 1
            return self.emit("declare")
        if sign == "|":
            return self.emit("pipe")
        if sign == '"':
            return self.quoted('"', "string", "unterminated quoted string")
        if sign == "'":
            return self.quoted("'", "rune", "unterminated character constant")
        if sign == "`":
            closed = text.find("`", self.at)
            if closed < 0:
                return self.error("unterminated raw quoted string")
            self.at = closed + 1
            return self.emit("raw")
        if sign == "$":
            return self.name("variable", "variable")
        if sign == "." and self.at < len(text) and not "0" <= text[self.at] <= "9":
            return self.name("field", "dot")
        if sign in "+-.0123456789":
            self.at -= 1
            return self.number()
        if _is_word(sign):
            return self.word()
        if sign == "(":
            self.depth += 1
            return self.emit("(")
        if sign == ")":
            self.depth -= 1
            if self.depth < 0:
                return self.error("unexpected right paren")
            return self.emit(")")
        if sign.isascii() and sign.isprintable():
            return self.emit("char")
        return self.error(f"unrecognized character in action: {_code_point(sign)}")

    def quoted(self, closing: str, kind: str, complaint: str) -> Token:
        text = self.text
        while True:
            sign = text[self.at : self.at + 1]
            self.at += 1
            if sign == "\\" and text[self.at : self.at + 1] not in ("", "\n"):
                self.at += 1
            elif sign in ("", "\n", "\\"):
                return self.error(complaint)
            elif sign == closing:
                return self.emit(kind)

    def name(self, kind: str, alone: str) -> Token:
        if self.terminated():
            return self.emit(alone)
        while self.at < len(self.text) and _is_word(self.text[self.at]):
            self.at += 1
        if not self.terminated():
            return self.error(f"bad character {_code_point(self.text[self.at])}")
        return self.emit(kind)

    def word(self) -> Token:
        while self.at < len(self.text) and _is_word(self.text[self.at]):
            self.at += 1
        if not self.terminated():
            return self.error(f"bad character {_code_point(self.text[self.at])}")
        word = self.text[self.start : self.at]
        if word in KEYWORDS:
            return self.emit(word)
        return self.emit("bool" if word in ("true", "false") else "identifier")

    def terminated(self) -> bool:
        sign = self.text[self.at : self.at + 1]
        return sign == "" or sign in " \t\r\n.,|:)(" or self.text.startswith("}}", self.at)

    def number(self) -> Token:
        good = self.scan_number()
        if good and self.text[self.at : self.at + 1] in ("+", "-"):
            # A complex constant such as 1+2i.
            good = self.scan_number() and self.text[self.at - 1] == "i"
        if not good:
            return self.error(f"bad number syntax: {quote(self.text[self.start : self.at])}")
        return self.emit("number")

    def scan_number(self) -> bool:
        self.accept("+-")
        digits = "0123456789_"
        if self.accept("0"):
            for marks, others in (("xX", "0123456789abcdefABCDEF_"), ("oO", "01234567_"), ("bB", "01_")):
                if self.accept(marks):
                    digits = others
                    break
        self.accept_run(digits)
        if self.accept("."):
            self.accept_run(digits)
        if len(digits) == 11 and self.accept("eE"):
            self.accept("+-")
            self.accept_run("0123456789_")
        if len(digits) == 23 and self.accept("pP"):
            self.accept("+-")
            self.accept_run("0123456789_")
        self.accept("i")
        if self.at < len(self.text) and _is_word(self.text[self.at]):
            self.at += 1
            return False
        return True

    def accept(self, signs: str) -> bool:
        if self.at < len(self.text) and self.text[self.at] in signs:
            self.at += 1
            return True
        return False

    def accept_run(self, signs: str) -> None:
        while self.accept(signs):
            pass


def _trims_left(text: str, position: int) -> bool:
    return text.startswith("-", position) and text[position + 1 : position + 2] in tuple(_SPACE)


def _is_word(sign: str) -> bool:
    return sign == "_" or sign.isalnum()


def _code_point(sign: str) -> str:
    return f"U+{ord(sign):04X} '{sign}'" if sign.isprintable() else f"U+{ord(sign):04X}"
