"""What holds of every Dockerfile, word and ignore file: tried with many, the same in every run."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockercompat.build.dockerfile.lexer import lex
from dockercompat.build.dockerfile.reading import load
from dockercompat.build.dockerfile.shell import Lex, split_words
from dockercompat.build.solving.ignore import Matcher, read_lines
from dockercompat.errors import BuildFailed, DockerfileError

BOUNDED = settings(derandomize=True, max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))

PIECES = st.sampled_from(
    (
        *(
            "FROM a",
            "RUN b",
            "COPY <<E /x",
            "<<-E",
            "E",
            "\\",
            "`",
            "\n",
            "\r\n",
            " ",
            "\t",
            "#",
            "# escape=`",
            "# check=skip=all",
            "'",
            '"',
        ),
        *(
            "$",
            "${x",
            "}",
            "[",
            '["a"]',
            "ENV a=b",
            "ONBUILD",
            "--mount=",
            "--",
            "\x00",
            "é",
            "\x85",
            "\u2028",
            "AS b",
            ",",
            ":-",
            "\ufeff",
        ),
    )
)
TEXTS = st.lists(PIECES, max_size=14).map("".join)


# -- the lexer ------------------------------------------------------------------------------------------------------------


@BOUNDED
@given(st.binary(max_size=80) | TEXTS.map(str.encode) | TEXTS.map(lambda text: b"FROM a\n" + text.encode()))
def test_any_bytes_are_read_or_refused_with_a_place(data):
    count = len(data.decode("utf-8", "replace").split("\n"))
    try:
        lines = lex(data).lines
    except DockerfileError as error:
        assert 0 <= error.lines[0] <= error.lines[1] <= count
    else:
        assert lines
        ends = [0]
        for line in lines:
            first, last = line.lines
            assert ends[-1] < first <= last <= count
            ends.append(last)
    try:
        load(data)
    except DockerfileError as error:
        assert str(error)
        assert 0 <= error.lines[0] <= error.lines[1] <= count


@BOUNDED
@given(TEXTS)
def test_logical_lines_joined_again_are_the_same_lines(text):
    """Of lines without heredocs: what was continued, commented or blank changes nothing when it is written out plainly."""
    try:
        lexed = lex(b"FROM a\n" + text.encode())
    except DockerfileError:
        return
    if any(line.heredocs for line in lexed.lines) or lexed.escape != "\\":
        return
    plain = [line.text for line in lexed.lines]
    if any("\n" in each or "\r" in each or re.search(r"\\[ \t]*$", each) or each.startswith("#") for each in plain):
        return
    assert [line.text for line in lex("\n".join(plain).encode()).lines] == plain


@BOUNDED
@given(
    st.lists(st.text("AZaz09=/.", min_size=1, max_size=6), min_size=2, max_size=6),
    st.sampled_from((" \\\n", " \\  \n", " \\\n# c\n", " \\\n\n")),
)
def test_a_continued_line_is_one_line(words, joint):
    text = joint.join(["RUN", *words])
    assert lex(text.encode()).lines[0].text.split() == ["RUN", *words]


# -- words and variables --------------------------------------------------------------------------------------------------

ENV = {"a": "one", "b": "two words", "e": "", "p": "/x/y.z"}
VALUES = st.sampled_from(("", "w", "-", "x y", "7"))


def variable(name: str, operator: str, word: str) -> tuple[str, str | None]:
    """A `${...}` and what it stands for, by the shell's rules written down once more; None where it is refused."""
    value = ENV.get(name)
    text = f"${{{name}{operator}{word}}}"
    missing = value is None or (operator.startswith(":") and not value)
    if not operator:
        return f"${{{name}}}", value or ""
    kind = operator[-1]
    if kind == "-":
        return text, word if missing else value
    if kind == "+":
        return text, "" if missing else word
    return text, None if missing else value


VARIABLES = st.builds(variable, st.sampled_from(("a", "b", "e", "none")), st.sampled_from(("", "-", "+", "?", ":-", ":+", ":?")), VALUES)
LITERALS = st.text("abc./:=", max_size=4).map(lambda text: (text, text))
SINGLE = st.text('ab $\\"{}', max_size=5).map(lambda text: (f"'{text}'", text))
ESCAPED = st.sampled_from("ab$'\"\\ {}").map(lambda char: (f"\\{char}", char))


def doubled(parts: list[tuple[str, str | None]]) -> tuple[str, str | None]:
    values = [value for _, value in parts]
    return '"' + "".join(text for text, _ in parts) + '"', None if None in values else "".join(v or "" for v in values)


IN_DOUBLE = VARIABLES | LITERALS | st.sampled_from((('\\"', '"'), ("\\$", "$"), ("\\\\", "\\"), ("\\n", "\\n"), ("'", "'"), (" ", " ")))
PARTS = st.lists(VARIABLES | LITERALS | SINGLE | ESCAPED | st.lists(IN_DOUBLE, max_size=4).map(doubled), max_size=6)


@BOUNDED
@given(PARTS)
def test_words_expand_as_the_model_says(parts):
    text = "".join(each for each, _ in parts)
    values = [value for _, value in parts]
    if None in values:
        with pytest.raises(DockerfileError):
            Lex().word(text, ENV)
    else:
        assert Lex().word(text, ENV) == "".join(value or "" for value in values)


@BOUNDED
@given(st.text("$a{}:-+?#%/\\'\"` ", max_size=16), st.sampled_from("\\`"))
def test_any_word_is_expanded_or_refused(text, escape):
    for lexer in (Lex(escape), Lex(escape, raw_quotes=True, raw_escapes=True, keep_unset=True)):
        try:
            word, words = lexer.word(text, ENV), lexer.words(text, ENV)
        except DockerfileError as error:
            assert str(error).startswith("failed to process ")
        else:
            assert "".join("".join(words).split()) == "".join(word.split())
    assert " " not in "".join(split_words(text.replace("'", "").replace('"', "").replace(escape, ""), escape))


@BOUNDED
@given(
    st.text("abc/.", max_size=8),
    st.text("abc/.*?", min_size=1, max_size=4).filter(lambda text: "/" not in text and not text.startswith("*")),
)
def test_trimming_is_what_matching_prefixes_says(value, pattern):
    """`${v#p}` is the shortest, `${v##p}` the longest prefix that the pattern matches; from the other end with `%`."""
    env = {"v": value}
    cuts = range(len(value) + 1)
    heads = [cut for cut in cuts if fnmatch.fnmatchcase(value[:cut], pattern)]
    tails = [cut for cut in cuts if fnmatch.fnmatchcase(value[cut:], pattern)]
    lexer = Lex()
    assert lexer.word(f"${{v#{pattern}}}", env) == (value[heads[0] :] if heads else value)
    assert lexer.word(f"${{v##{pattern}}}", env) == (value[heads[-1] :] if heads else value)
    assert lexer.word(f"${{v%{pattern}}}", env) == (value[: tails[-1]] if tails else value)
    assert lexer.word(f"${{v%%{pattern}}}", env) == (value[: tails[0]] if tails else value)


# -- ignore files ---------------------------------------------------------------------------------------------------------

ELEMENTS = st.sampled_from(("a", "b", "ab", "*", "?", "a*", "*b", "**", "[ab]", "\\a", "a.b", "[bx]"))
PATTERNS = st.tuples(st.booleans(), st.lists(ELEMENTS, min_size=1, max_size=3)).map(
    lambda made: ("!" if made[0] else "") + "/".join(made[1])
)
PATHS = st.lists(st.sampled_from(("a", "b", "ab", "a.b", "xb")), min_size=1, max_size=4).map("/".join)


def element_matches(pattern: str, name: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern.replace("\\a", "a"))


def matches(pattern: list[str], path: list[str]) -> bool:
    """Whole path against whole pattern, an element at a time: `**` is any number of them, and at least one at the end."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(path)
        return any(matches(pattern[1:], path[skip:]) for skip in range(len(path) + 1))
    return bool(path) and element_matches(pattern[0], path[0]) and matches(pattern[1:], path[1:])


def ignored(lines: list[str], path: str) -> bool:
    """The last line that matches the path or a directory above it decides."""
    parts = path.split("/")
    verdict = False
    for line in lines:
        pattern = line.removeprefix("!").split("/")
        if any(matches(pattern, parts[:length]) for length in range(1, len(parts) + 1)):
            verdict = not line.startswith("!")
    return verdict


@BOUNDED
@given(st.lists(PATTERNS, max_size=4), PATHS)
def test_ignore_files_decide_as_the_model_does(lines, path):
    matcher = Matcher(read_lines("\n".join(lines).encode()))
    assert matcher.ignores(path) == ignored(lines, path)
    verdict: tuple[bool, ...] = ()
    told = False
    parts = path.split("/")
    for length in range(1, len(parts) + 1):  # the same in a walk from the top
        told, verdict = matcher.ignores_below("/".join(parts[:length]), verdict)
    assert told == matcher.ignores(path)
    if not told and matcher.ignores(parts[0]):
        assert matcher.may_take_back(parts[0])


@BOUNDED
@given(st.binary(max_size=40) | st.text("a*?[]!\\/.# \n-^", max_size=24).map(str.encode), PATHS)
def test_any_ignore_file_is_read_or_refused(data, path):
    try:
        matcher = Matcher(read_lines(data))
    except BuildFailed as error:
        assert "pattern" in str(error)
    else:
        assert matcher.ignores(path) in (True, False)
