"""The parser of flags against a small model of pflag's, on lines that nobody would write down as cases."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dockercompat.cli import flags
from dockercompat.cli.surface.rows import Flag
from dockercompat.errors import UsageError

FLAGS = (
    Flag("all", "bool", short="a"),
    Flag("force", "bool", short="f"),
    Flag("quiet", "bool"),
    Flag("name", "string", short="n"),
    Flag("env", "list", short="e"),
    Flag("num", "int", short="i"),
    Flag("parts", "strings", short="p"),
)
BY_NAME = {flag.name: flag for flag in FLAGS}
BY_SHORT = {flag.short: flag for flag in FLAGS if flag.short}
PROPERTY = settings(derandomize=True, max_examples=200, deadline=None, database=None)

WORDS = st.one_of(
    st.sampled_from(
        [
            "--all",
            "--all=true",
            "--all=F",
            "--all=no",
            "--name",
            "--name=",
            "--name=x",
            "--env",
            "--env=A=1",
            "--num",
            "--num=1",
            "--num=-1",
            "--num=x",
            "--parts=1,1",
            "--parts",
            "--parts=",
            "--quiet",
            "-a",
            "-af",
            "-afn",
            "-an",
            "-anx",
            "-an=x",
            "-n",
            "-n=",
            "-n=x",
            "-nx",
            "-e",
            "-eA=1",
            "-e=A",
            "-i1",
            "-i=1",
            "-ix",
            "-p1,x",
            "-a=f",
            "-a=",
            "-aa=t",
            "-z",
            "-az",
            "-ha",
            "--help",
            "--nosuch",
            "--nosuch=1",
            "---",
            "--=x",
            "--a",
            "--",
            "-",
            "x",
            "1",
            "y=1",
            "-=x",
            "-h",
            "-h=f",
        ]
    ),
    st.text("-=anefipxh1,", max_size=6),
)
LINES = st.lists(WORDS, max_size=7)


class Refused(Exception):
    pass


class Model:
    """FlagSet.parseArgs of github.com/spf13/pflag, with docker's -h."""

    def __init__(self, interspersed: bool) -> None:
        self.interspersed = interspersed
        self.values: dict[str, Any] = {}
        self.args: list[str] = []
        self.warned = 0

    def parse(self, words: Sequence[str]) -> None:
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if not word.startswith("-") or word == "-":
                if not self.interspersed:
                    self.args += [word, *rest]
                    return
                self.args.append(word)
            elif word == "--":
                self.args += rest
                return
            elif word.startswith("--"):
                self.long(word, rest)
            else:
                shorts = word[1:]
                while shorts:
                    shorts = self.single(shorts, rest)

    def long(self, word: str, rest: list[str]) -> None:
        name = word[2:]
        if name[0] in "-=":
            raise Refused(f"bad flag syntax: {word}")
        name, equals, value = name.partition("=")
        if name == "help":
            flag = Flag("help", "bool")
        elif name in BY_NAME:
            flag = BY_NAME[name]
        else:
            raise Refused(f"unknown flag: --{name}")
        if equals:
            pass
        elif flag.type == "bool":
            value = "true"
        elif rest:
            value = rest.pop(0)
        else:
            raise Refused(f"flag needs an argument: --{name}")
        self.set(flag, value)

    def single(self, shorts: str, rest: list[str]) -> str:
        letter = shorts[0]
        if letter == "h":
            flag = Flag("help", "bool")
            self.warned += 1
        elif letter in BY_SHORT:
            flag = BY_SHORT[letter]
        else:
            raise Refused(f"unknown shorthand flag: '{letter}' in -{shorts}")
        after = shorts[1:]
        if len(shorts) > 2 and shorts[1] == "=":
            value, after = shorts[2:], ""
        elif flag.type == "bool":
            value = "true"
        elif len(shorts) > 1:
            value, after = shorts[1:], ""
        elif rest:
            value = rest.pop(0)
        else:
            raise Refused(f"flag needs an argument: '{letter}' in -{shorts}")
        self.set(flag, value)
        return after

    def set(self, flag: Flag, text: str) -> None:
        shown = f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"
        if flag.type == "bool":
            if text not in ("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"):
                reason = f'strconv.ParseBool: parsing "{text}": invalid syntax'
                raise Refused(f'invalid argument "{text}" for "{shown}" flag: {reason}')
            self.values[flag.name] = text in ("1", "t", "T", "TRUE", "true", "True")
        elif flag.type == "int":
            if not re.fullmatch("[+-]?[0-9]+", text):
                reason = f'strconv.ParseInt: parsing "{text}": invalid syntax'
                raise Refused(f'invalid argument "{text}" for "{shown}" flag: {reason}')
            self.values[flag.name] = int(text)
        elif flag.type == "string":
            self.values[flag.name] = text
        else:
            parts = [text] if flag.type == "list" else text.split(",") if text else []
            self.values[flag.name] = self.values.get(flag.name, []) + parts


@PROPERTY
@given(LINES, st.booleans())
def test_as_pflag(words: list[str], interspersed: bool) -> None:
    model = Model(interspersed)
    warnings: list[str] = []
    expected: object
    try:
        model.parse(words)
        expected = model.values, model.args, model.warned
    except Refused as refused:
        expected = str(refused)
    got: object
    try:
        options, args = flags.parse(FLAGS, words, interspersed=interspersed, warn=warnings.append)
        names = [*BY_NAME, "help"]
        got = {name: getattr(options, name) for name in names if options.given(name)}, args, len(warnings)
    except UsageError as error:
        got = str(error)
    assert got == expected


TEXT = st.text("ab =-,:/é", max_size=5)
SETTINGS = st.lists(
    st.one_of(
        st.tuples(st.just("all"), st.booleans()),
        st.tuples(st.just("quiet"), st.booleans()),
        st.tuples(st.just("name"), TEXT),
        st.tuples(st.just("env"), TEXT),
        st.tuples(st.just("num"), st.integers(-(1 << 63), (1 << 63) - 1)),
    ),
    max_size=6,
)


@PROPERTY
@given(SETTINGS, st.lists(TEXT, max_size=3), st.randoms(use_true_random=False))
def test_every_spelling_says_the_same(wanted: list[tuple[str, Any]], args: list[str], random: Any) -> None:
    """`--name=x`, `--name x`, `-n x`, `-nx` and `-n=x` with options anywhere, where the spelling can say it."""
    words: list[str] = []
    expected: dict[str, Any] = {}
    for name, value in wanted:
        flag = BY_NAME[name]
        text = str(value).lower() if flag.type == "bool" else str(value)
        spellings = [[f"--{name}={text}"]]
        if flag.type != "bool":
            spellings.append([f"--{name}", text])
        if flag.short and text:
            spellings.append([f"-{flag.short}={text}"])
            if flag.type != "bool":
                spellings.append([f"-{flag.short}", text])
                if text[0] != "=":
                    spellings.append([f"-{flag.short}{text}"])
        if value is True:
            spellings.append([f"--{name}"])
            if flag.short:
                spellings.append([f"-{flag.short}"])
        words += random.choice(spellings)
        expected[name] = [*expected.get(name, []), value] if flag.type == "list" else value
    options, rest = flags.parse(FLAGS, [*words, "--", *args])
    assert rest == args
    assert {name: getattr(options, name) for name in BY_NAME if options.given(name)} == expected
