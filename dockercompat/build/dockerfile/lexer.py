"""A Dockerfile's bytes as logical lines: directives, comments, continuations and heredocs are dealt with here.

Spec    dockerfile-reference, "Parser directives", "Format", "Here-Documents"
"""

from __future__ import annotations

import re

from dockercompat.build.dockerfile.shell import Lex
from dockercompat.errors import DockerfileError
from dockercompat.record import Record

_DIRECTIVE = re.compile(r"^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")
_HEREDOC = re.compile(r"^(\d*)<<(-?)([^<]*)$", re.DOTALL)
_HEREDOC_INSTRUCTIONS = ("run", "copy", "add")
_KNOWN_DIRECTIVES = ("syntax", "escape", "check")


class Heredoc(Record):
    """`<<NAME` and what follows it.

    expand   False when the word was quoted: variables in the content stay
    chomp    `<<-`: leading tabs are dropped from every line
    content  as it stands in the file; `text` has the tabs dropped
    """

    name: str
    expand: bool
    chomp: bool
    content: str = ""

    @property
    def text(self) -> str:
        return re.sub(r"^\t+", "", self.content, flags=re.MULTILINE) if self.chomp else self.content


class Line(Record):
    """One instruction: the text with its continuations joined, its first and last line in the file, its heredocs.

    comment             the comment lines right above it
    empty_continuation  a blank line stood inside it
    """

    text: str
    lines: tuple[int, int]
    heredocs: tuple[Heredoc, ...] = ()
    comment: tuple[str, ...] = ()
    empty_continuation: bool = False


class Lexed(Record):
    """A Dockerfile cut into logical lines. escape: the character that continues them; directives: `# name=value` of its head."""

    lines: tuple[Line, ...]
    escape: str
    directives: tuple[tuple[str, str], ...] = ()


def lex(data: bytes) -> Lexed:
    """Divide a Dockerfile into instructions.

    Raises  DockerfileError with its lines
    """
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    raw = (
        text.splitlines(keepends=True)
        if "\r" not in text.replace("\r\n", "") and not re.search("[\v\f\x1c-\x1e\x85\u2028\u2029]", text)
        else []
    )
    if not raw:
        raw = [part + "\n" for part in text.split("\n")]
        raw[-1] = raw[-1][:-1]
        if not raw[-1]:
            raw.pop()
    directives = _directives(raw)
    escape = dict(directives).get("escape", "\\")
    return Lexed(tuple(_logical(raw, escape)), escape, tuple(directives))


def _directives(raw: list[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for number, line in enumerate(raw, 1):  # a mistake is shown a line above, as BuildKit shows it: it counts from 0 here
        match = _DIRECTIVE.match(line.strip())
        if match is None or match[1].lower() not in _KNOWN_DIRECTIVES:
            break
        key = match[1].lower()
        if key in dict(found):
            raise DockerfileError(f"only one {key} parser directive can be used", (number - 1, number - 1))
        if key == "escape" and match[2] not in ("\\", "`"):
            raise DockerfileError(f"invalid escape token '{match[2]}' does not match ` or \\", (number - 1, number - 1))
        found.append((key, match[2]))
    return found


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _logical(raw: list[str], escape: str) -> list[Line]:
    continued = re.compile(r"(^|[^{0}]){0}[ \t]*$".format(re.escape(escape)), re.DOTALL)
    lines: list[Line] = []
    comments: list[str] = []
    at = 0
    while at < len(raw):
        line = raw[at]
        at += 1
        first = at
        if _is_comment(line):
            comments.append(line.strip()[1:].strip())
            continue
        part = line.rstrip("\r\n").lstrip()
        if not part.strip():
            comments = []
            continue
        pieces: list[str] = []
        empty = False
        while True:
            match = continued.search(part)
            if match is None:
                pieces.append(part)
                break
            pieces.append(part[: match.start()] + match[1])
            while at < len(raw) and (_is_comment(raw[at]) or not raw[at].strip()):
                empty = empty or not raw[at].strip()
                at += 1
            if at == len(raw):
                break
            part = raw[at].rstrip("\r\n")
            at += 1
        text = "".join(pieces).strip()
        if not text:
            continue
        heredocs, at = _read_heredocs(text, raw, at, first)
        lines.append(Line(text, (first, at), heredocs, tuple(comments), empty))
        comments = []
    if not lines:
        if not raw:
            raise DockerfileError("the Dockerfile cannot be empty")
        text = "file with no instructions"
        raise DockerfileError(text, (len(raw), len(raw)), classic=f"failed to parse Dockerfile: {text}")
    return lines


def _read_heredocs(text: str, raw: list[str], at: int, first: int) -> tuple[tuple[Heredoc, ...], int]:
    words = text.split(None, 2)
    name = words[0].lower()
    if name == "onbuild" and len(words) > 1:
        name = words[1].lower()
    if name not in _HEREDOC_INSTRUCTIONS or "<<" not in text:
        return (), at
    found: list[Heredoc] = []
    for heredoc in heredocs_of(text):
        content: list[str] = []
        while True:
            if at == len(raw):
                raise DockerfileError("unterminated heredoc", (first, at))
            line = raw[at]
            at += 1
            bare = line.rstrip("\r\n")
            if (bare.lstrip("\t") if heredoc.chomp else bare) == heredoc.name:
                break
            content.append(line)
        found.append(heredoc.replace(content="".join(content)))
    return tuple(found), at


def heredocs_of(text: str) -> list[Heredoc]:
    """The heredocs that an instruction's line opens, without content."""
    try:
        words = Lex(raw_quotes=True, raw_escapes=True, keep_unset=True).words(text, {})
    except DockerfileError:
        return []
    return [heredoc for heredoc in map(parse_heredoc, words) if heredoc is not None]


def parse_heredoc(word: str) -> Heredoc | None:
    """`<<EOF`, `<<-"EOF"`, `3<<EOF`; None for any other word."""
    match = _HEREDOC.match(word)
    if match is None or not match[3]:
        return None
    try:
        quoted = Lex(raw_quotes=True, keep_unset=True).words(match[3], {})
        plain = Lex(keep_unset=True).words(match[3], {})
    except DockerfileError:
        return None
    if len(quoted) != 1 or len(plain) != 1:
        return None
    return Heredoc(plain[0], quoted[0] == plain[0], match[2] == "-")
