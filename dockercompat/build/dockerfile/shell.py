"""Words and variables of a Dockerfile: quoting and the forms of ${...}, as BuildKit's front end expands them.

Spec    dockerfile-reference, "Environment replacement"
"""

from __future__ import annotations

import re

from dockercompat.errors import DockerfileError
from dockercompat.spec.number import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_END = ""
_NO_CHARACTER = "\ufffd"  # how Go writes the end of a text that should have gone on
_SPECIAL = "@*#?-$!0"
_SPACE = " \t\r\n\v\f\u0085\u00a0"


class Lex:
    """Expands words of one Dockerfile.

    escape        the file's escape character
    raw_quotes    keep quotes in the result
    raw_escapes   keep escape characters in the result
    keep_unset    leave $name of an unset variable as it was written
    """

    def __init__(self, escape: str = "\\", *, raw_quotes: bool = False, raw_escapes: bool = False, keep_unset: bool = False) -> None:
        self.escape = escape
        self.raw_quotes = raw_quotes
        self.raw_escapes = raw_escapes
        self.keep_unset = keep_unset

    def word(self, text: str, env: Mapping[str, str], unmatched: dict[str, None] | None = None) -> str:
        """The text with quotes removed and variables replaced, as one word.

        unmatched  gets the names that were used and are not set
        Raises     DockerfileError without a position
        """
        return _Scan(self, text, env, unmatched).whole()[0]

    def document(self, text: str, env: Mapping[str, str]) -> str:
        """A heredoc's content with its variables replaced: quotes are plain characters in it."""
        return _Scan(self, text, env, None, quotes=False).whole()[0]

    def words(self, text: str, env: Mapping[str, str], unmatched: dict[str, None] | None = None) -> list[str]:
        """The words of the text: it is split at unquoted white space, also at that which came out of a variable."""
        return _Scan(self, text, env, unmatched).whole()[1]


class _Words:
    def __init__(self) -> None:
        self.words: list[str] = []
        self.buffer = ""
        self.inside = False

    def add(self, text: str) -> None:
        for char in text:
            if char in _SPACE:
                if self.inside:
                    self.words.append(self.buffer)
                    self.buffer = ""
                    self.inside = False
            else:
                self.add_raw(char)

    def add_raw(self, text: str) -> None:
        self.inside = True
        self.buffer += text

    def take(self) -> list[str]:
        if self.inside:
            self.words.append(self.buffer)
            self.buffer = ""
            self.inside = False
        return self.words


class _Scan:
    def __init__(self, lex: Lex, text: str, env: Mapping[str, str], unmatched: dict[str, None] | None, *, quotes: bool = True) -> None:
        self.quotes = quotes
        self.lex = lex
        self.text = text
        self.at = 0
        self.env = env
        self.unmatched = unmatched
        self.raw_escapes = lex.raw_escapes

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def next(self) -> str:
        char = self.text[self.at : self.at + 1]
        self.at += 1
        return char

    def whole(self) -> tuple[str, list[str]]:
        """Expand everything, as one word and as words. Raises DockerfileError."""
        try:
            return self.run(_END)
        except DockerfileError as error:
            raise DockerfileError(f"failed to process {quoted(self.text)}: {error}") from None

    def run(self, stop: str, *, raw_escapes: bool = False) -> tuple[str, list[str]]:
        """Expand up to an unquoted stop character, which is eaten, or to the end when stop is empty."""
        saved = self.raw_escapes
        self.raw_escapes = saved or raw_escapes
        result: list[str] = []
        words = _Words()
        try:
            while (char := self.peek()) != _END:
                if char == stop:
                    self.at += 1
                    return "".join(result), words.take()
                if char == "$":
                    value = self.dollar()
                    words.add(value)
                    result.append(value)
                elif char == "'" and self.quotes:
                    value = self.single_quote()
                    words.add_raw(value)
                    result.append(value)
                elif char == '"' and self.quotes:
                    value = self.double_quote()
                    words.add_raw(value)
                    result.append(value)
                else:
                    self.at += 1
                    if char == self.lex.escape:
                        if self.raw_escapes:
                            words.add_raw(char)
                            result.append(char)
                        char = self.next()
                        if char == _END:
                            break
                        words.add_raw(char)
                    else:
                        words.add(char)
                    result.append(char)
        finally:
            self.raw_escapes = saved
        if stop:
            raise DockerfileError(f"unexpected end of statement while looking for matching {stop}")
        return "".join(result), words.take()

    def single_quote(self) -> str:
        """No escape counts between single quotes."""
        self.at += 1
        end = self.text.find("'", self.at)
        if end < 0:
            raise DockerfileError("unexpected end of statement while looking for matching single-quote")
        inner = self.text[self.at : end]
        self.at = end + 1
        return f"'{inner}'" if self.lex.raw_quotes else inner

    def double_quote(self) -> str:
        """Variables expand; the escape character quotes the quote, the dollar and itself."""
        self.at += 1
        result: list[str] = []
        while True:
            char = self.peek()
            if char == _END:
                raise DockerfileError("unexpected end of statement while looking for matching double-quote")
            if char == '"':
                self.at += 1
                inner = "".join(result)
                return f'"{inner}"' if self.lex.raw_quotes else inner
            if char == "$":
                result.append(self.dollar())
                continue
            self.at += 1
            if char == self.lex.escape:
                following = self.peek()
                if following == _END:
                    continue
                if following in ('"', "$", self.lex.escape):
                    if self.raw_escapes:
                        result.append(char)
                    char = self.next()
            result.append(char)

    def dollar(self) -> str:
        self.at += 1
        if self.peek() != "{":
            name = self.name()
            if not name:
                return "$"
            value = self.lookup(name)
            return f"${name}" if value is None and self.lex.keep_unset else value or ""
        start = self.at
        self.at += 1
        if self.peek() == _END:
            raise DockerfileError("syntax error: missing '}'")
        if self.peek() in "{}:":
            raise DockerfileError("syntax error: bad substitution")
        name = self.name()
        operator = self.next()
        if operator == "}":
            value = self.lookup(name)
            return f"${{{name}}}" if value is None and self.lex.keep_unset else value or ""
        if operator == "/":
            return self.replace(name, start)
        empty_is_unset = operator == ":"
        shown = operator
        if empty_is_unset:
            operator = self.next()
            shown += operator
        if operator not in ("+", "-", "?", "#", "%") and not empty_is_unset:
            raise DockerfileError(f"unsupported modifier ({shown or _NO_CHARACTER}) in substitution")
        word = self.until("}", "}", raw_escapes=operator in ("#", "%"))
        value = self.lookup(name)
        if value is None and self.lex.keep_unset:
            return "$" + self.text[start : self.at]
        present = value is not None and not (empty_is_unset and value == "")
        if operator == "-":
            return value or "" if present else word
        if operator == "+":
            return word if present else ""
        if operator == "?":
            if present:
                return value or ""
            raise DockerfileError(f"{name}: {word or ('is not allowed to be unset' if value is None else 'is not allowed to be empty')}")
        if operator not in ("#", "%"):
            raise DockerfileError(f"unsupported modifier ({shown if operator else ':' + _NO_CHARACTER}) in substitution")
        greedy = word.startswith(operator)
        trim = _trim_prefix if operator == "#" else _trim_suffix
        return trim(word[1:] if greedy else word, value or "", greedy)

    def until(self, stop: str, missing: str, *, raw_escapes: bool) -> str:
        try:
            return self.run(stop, raw_escapes=raw_escapes)[0]
        except DockerfileError:
            if self.peek() == _END:
                raise DockerfileError(f"syntax error: missing '{missing}'{' in ${}' if missing == '/' else ''}") from None
            raise

    def replace(self, name: str, start: int) -> str:
        everywhere = self.peek() == "/"
        if everywhere:
            self.at += 1
        pattern = self.until("/", "/", raw_escapes=True)
        replacement = self.until("}", "}", raw_escapes=True)
        value = self.lookup(name)
        if value is None:
            return "$" + self.text[start : self.at] if self.lex.keep_unset else ""
        regex = re.compile(_pattern_regex(pattern, greedy=True), re.DOTALL)
        return regex.sub(lambda _: replacement, value, count=0 if everywhere else 1)

    def name(self) -> str:
        """A variable's name, a run of digits, or one special parameter; "" when none stands here."""
        char = self.peek()
        start = self.at
        if char.isdigit():
            while self.peek().isdigit():
                self.at += 1
        elif char and char in _SPECIAL:
            self.at += 1
        else:
            while (char := self.peek()) and (char.isalpha() or char.isdigit() or char == "_"):
                self.at += 1
        return self.text[start : self.at]

    def lookup(self, name: str) -> str | None:
        value = self.env.get(name)
        if value is None and self.unmatched is not None:
            self.unmatched.setdefault(name)
        return value


def _pattern_regex(pattern: str, *, greedy: bool) -> str:
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            out.append(".*" if greedy else ".*?")
        elif char == "?":
            out.append(".")
        elif char == "\\" and at < len(pattern):
            out.append(re.escape(pattern[at]))
            at += 1
        else:
            out.append(re.escape(char))
    return "".join(out)


def _trim_prefix(pattern: str, value: str, greedy: bool) -> str:
    found = re.match(_pattern_regex(pattern, greedy=greedy), value, re.DOTALL)
    return value[found.end() :] if found else value


def _trim_suffix(pattern: str, value: str, greedy: bool) -> str:
    regex = re.compile(_pattern_regex(pattern, greedy=True), re.DOTALL)
    starts = range(len(value) + 1) if greedy else range(len(value), -1, -1)
    for start in starts:
        if regex.fullmatch(value, start):
            return value[:start]
    return value


def split_words(text: str, escape: str) -> list[str]:
    """Words of an ENV or LABEL line, with their quotes and escapes: only unquoted white space divides.

    Spec  BuildKit parser.parseWords
    """
    words: list[str] = []
    word = ""
    quote = ""
    state = "space"
    at = 0
    while at < len(text):
        char = text[at]
        if state == "space":
            if char in _SPACE:
                at += 1
                continue
            state = "word"
        if state == "word":
            if char in _SPACE:
                state = "space"
                if word:
                    words.append(word)
                    word = ""
                at += 1
                continue
            if char in "'\"":
                quote = char
                state = "quote"
            if char == escape:
                if at + 1 == len(text):
                    at += 1
                    continue
                word += char
                at += 1
                char = text[at]
            word += char
        else:
            if char == quote:
                state = "word"
            if char == escape and quote == '"':
                if at + 1 == len(text):
                    word += char
                    at += 1
                    continue
                word += char
                at += 1
                char = text[at]
            word += char
        at += 1
    if word:
        words.append(word)
    return words
