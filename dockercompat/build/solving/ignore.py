"""Ignore files: the lines of .dockerignore and what they match, as in moby/patternmatcher.

The last pattern that matches decides; a pattern that matches a parent matches what is below; `!` takes back.
"""

from __future__ import annotations

import posixpath
import re

from dockercompat.errors import BuildFailed

_ESCAPED = frozenset(".+()|{}$")


class Pattern:
    """One line. kind: how it is matched; text: cleaned, without the `!`."""

    def __init__(self, text: str, *, negated: bool) -> None:
        self.text = text
        self.negated = negated
        self.kind, self.regex = _compile(text)

    def matches(self, path: str) -> bool:
        if self.kind == "exact":
            return path == self.text
        if self.kind == "prefix":
            return path.startswith(self.text[:-2])
        if self.kind == "suffix":
            suffix = self.text[2:]
            return path.endswith(suffix) or (suffix[:1] == "/" and path == suffix[1:])
        return self.regex is not None and self.regex.match(path) is not None


def _compile(pattern: str) -> tuple[str, re.Pattern[str] | None]:
    kind = "exact"
    out = ""
    at = 0
    count = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            if pattern[at : at + 1] == "*":
                at += 1
                if pattern[at : at + 1] == "/":
                    at += 1
                if at == len(pattern):
                    if kind == "exact":
                        kind = "prefix"
                    else:
                        out += ".*"
                        kind = "regex"
                else:
                    out += "(.*/)?"
                    kind = "regex"
                if count == 0:
                    kind = "suffix"
            else:
                out += "[^/]*"
                kind = "regex"
        elif char == "?":
            out += "[^/]"
            kind = "regex"
        elif char in _ESCAPED:
            out += "\\" + char
        elif char == "\\":
            if at < len(pattern):
                out += re.escape(pattern[at])
                at += 1
                kind = "regex"
            else:
                out += "\\\\"
        elif char in "[]":
            out += char
            kind = "regex"
        else:
            out += char
        count += 1
    if kind != "regex":
        return kind, None
    try:
        return kind, re.compile(out + r"\Z", re.DOTALL)
    except re.error:
        raise BuildFailed(f"failed to solve: syntax error in pattern: {pattern}") from None


class Matcher:
    """The patterns of one ignore file, or of COPY --exclude."""

    def __init__(self, lines: list[str] | tuple[str, ...]) -> None:
        self.patterns: list[Pattern] = []
        for line in lines:
            text = line.strip()
            if not text:
                continue
            text = clean(text)
            negated = text.startswith("!")
            if negated:
                if text == "!":
                    raise BuildFailed('failed to solve: illegal exclusion pattern: "!"')
                text = text[1:]
            _check(text)
            self.patterns.append(Pattern(text, negated=negated))
        self.has_negation = any(pattern.negated for pattern in self.patterns)

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def ignores(self, path: str) -> bool:
        """Whether a path (relative, slashes) is ignored, its parents considered."""
        return self.ignores_below(path, ())[0]

    def ignores_below(self, path: str, parent: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        """The same in a walk from the top: parent and the second result are what each pattern said of the directory."""
        ignored = False
        matched: list[bool] = []
        for number, pattern in enumerate(self.patterns):
            match = parent[number] if parent else False
            if not match and pattern.negated == ignored:
                match = pattern.matches(path)
                if not match and not parent:
                    parts = path.split("/")
                    match = any(pattern.matches("/".join(parts[:length])) for length in range(1, len(parts)))
            matched.append(match)
            if match:
                ignored = not pattern.negated
        return ignored, tuple(matched)

    def may_take_back(self, path: str) -> bool:
        """Whether something below an ignored directory could be taken back by a `!` pattern."""
        if not self.has_negation:
            return False
        for pattern in self.patterns:
            if pattern.negated:
                fixed = re.split(r"[*?\[\\]", pattern.text, maxsplit=1)[0]
                if pattern.text.startswith(path + "/") or (path + "/").startswith(fixed) or fixed.startswith(path + "/"):
                    return True
        return False


def clean(path: str) -> str:
    """Go's path.Clean: no doubled or trailing slashes, no `.` and `..` inside."""
    if not path:
        return "."
    return re.sub("^//+", "/", posixpath.normpath(path))


def _check(text: str) -> None:
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            if at > len(text):
                raise BuildFailed("failed to solve: syntax error in pattern")
            continue
        if text[at] == "[":
            end = text.find("]", at + 2)
            if end < 0:
                raise BuildFailed("failed to solve: syntax error in pattern")
            at = end
        at += 1


def read_lines(data: bytes) -> list[str]:
    """The patterns of an ignore file: comments and blank lines dropped, paths cleaned, a leading slash means nothing."""
    found: list[str] = []
    for number, raw in enumerate(data.decode("utf-8", "replace").split("\n")):
        line = raw.removeprefix("\ufeff") if number == 0 else raw
        if line.startswith("#"):
            continue
        line = line.strip()
        if not line:
            continue
        negated = line.startswith("!")
        if negated:
            line = line[1:].strip()
        if line:
            line = clean(line)
            if len(line) > 1 and line.startswith("/"):
                line = line[1:]
        found.append("!" + line if negated else line)
    return found
