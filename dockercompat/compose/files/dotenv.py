"""Environment files: `.env`, --env-file and a service's env_file, with compose's quoting rules, and the raw format of `docker run`."""

from __future__ import annotations

import re

from dockercompat.compose.files import template
from dockercompat.compose.values import quoted
from dockercompat.errors import InvalidProject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.compose.files.template import Lookup
    from dockercompat.compose.values import Warn

_SPACE = "\t\v\f\r \x85\xa0"
_EXPORT = re.compile(r"export\s+")
_ESCAPE = re.compile(r'\\(?:[abcfnrtv$"\\]|0\d{0,3})')
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\", "$": "$$"}


def parse(text: str, lookup: Lookup, warn: Warn | None = None, known: dict[str, str] | None = None) -> dict[str, str]:
    """The variables of an environment file.

    lookup  names that the file's values may use and that beat the file's own; a bare name takes its value from here
    known   variables that are set already; the file's are added to them
    Raises  InvalidProject with compose's words and the number of the line
    """
    reader = _Reader(text.removeprefix("\ufeff"), lookup, warn, {} if known is None else known)
    reader.run()
    return reader.found


class _Reader:
    def __init__(self, text: str, lookup: Lookup, warn: Warn | None, found: dict[str, str]) -> None:
        self.rest = text
        self.line = 1
        self.lookup = lookup
        self.warn = warn
        self.found = found

    def run(self) -> None:
        while self.to_statement():
            name, inherited = self.name()
            if " " in name:
                raise InvalidProject(f"line {self.line}: key cannot contain a space")
            if inherited:
                value = self.lookup(name)
                if value is not None:
                    self.found[name] = value
            else:
                self.found[name] = self.value()

    def to_statement(self) -> bool:
        """Skip blanks and comments; False at the end."""
        while True:
            stripped = self.rest.lstrip()
            self.line += self.rest[: len(self.rest) - len(stripped)].count("\n")
            self.rest = stripped
            if not stripped.startswith("#"):
                return bool(stripped)
            newline = stripped.find("\n")
            self.rest = "" if newline < 0 else stripped[newline:]

    def name(self) -> tuple[str, bool]:
        source = self.rest
        match = _EXPORT.match(source)
        if match:
            source = source[len("export") :].lstrip(_SPACE)
        name, end, inherited = "", 0, False
        for at, letter in enumerate(source):
            if letter in _SPACE:
                continue
            if letter in "=:\n":
                name, end, inherited = source[:at], at + 1, letter == "\n"
                break
            if letter not in "_.-[]" and not letter.isalnum():
                first = source.partition("\n")[0]
                raise InvalidProject(f"line {self.line}: unexpected character {quoted(letter)} in variable name {quoted(first)}")
        else:
            name, end, inherited = source, len(source), True
        if inherited and " " not in name:
            self.line += 1
        self.rest = source[end:].lstrip(_SPACE)
        return name.rstrip(), inherited

    def value(self) -> str:
        source = self.rest
        if source[:1] not in ("'", '"') or not source:
            text, _, self.rest = source.partition("\n")
            self.line += 1
            return self.expand(text.partition(" #")[0].rstrip())
        quote = source[0]
        escaped = False
        letters: list[str] = []
        for at, letter in enumerate(source[1:], 1):
            if letter == "\n":
                self.line += 1
            if letter == quote and not escaped:
                self.rest = source[at + 1 :]
                text = "".join(letters)
                return self.expand(_ESCAPE.sub(_unescape, text)) if quote == '"' else text
            if letter == "\\" and not escaped:
                escaped = True
                continue
            if escaped and letter != quote:
                letters.append("\\")
            escaped = False
            letters.append(letter)
        raise InvalidProject(f"line {self.line}: unterminated quoted value {source.partition(chr(10))[0]}")

    def expand(self, text: str) -> str:
        try:
            return template.substitute(text, self.known, self.warn)
        except template.InvalidTemplate as error:
            raise InvalidProject(f"invalid template: {quoted(str(error))}") from None

    def known(self, name: str) -> str | None:
        value = self.lookup(name)
        return self.found.get(name) if value is None else value


def _unescape(match: re.Match[str]) -> str:
    text = match[0]
    if text[1] == "0":
        return chr(int(text[2:], 8)) if len(text) == 5 and set(text[2:]) <= set("01234567") and int(text[2:], 8) < 256 else text
    return _ESCAPES.get(text[1], text)


def parse_raw(text: str, lookup: Lookup) -> dict[str, str]:
    """The variables of a file in `docker run --env-file`'s form: no quotes, nothing expanded."""
    found = {}
    for line in text.removeprefix("\ufeff").splitlines():
        line = line.lstrip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if equals:
            found[name] = value
        else:
            inherited = lookup(name)
            if inherited is not None:
                found[name] = inherited
    return found


def read(path: str) -> str:
    """An environment file's text. Raises OSError; InvalidProject when it is no UTF-8."""
    with open(path, encoding="utf-8", newline="") as file:
        try:
            return file.read()
        except UnicodeDecodeError:
            raise InvalidProject(f"failed to read {path}: invalid utf8 bytes") from None
