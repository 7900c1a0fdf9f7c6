"""Logical lines to nodes: the instruction's name, its flags and its arguments in the shape that the instruction has.

Spec    dockerfile-reference; BuildKit frontend/dockerfile/parser
"""

from __future__ import annotations

import re

from dockercompat import json
from dockercompat.build.dockerfile.lexer import Heredoc, Lexed, Line
from dockercompat.build.dockerfile.shell import split_words
from dockercompat.errors import DockerfileError
from dockercompat.record import Record

_WORD = re.compile(r"\s+")


class Node(Record):
    """One instruction before its meaning is known.

    name   lower case; written is as it stands in the file
    flags  `--name=value` as written
    args   words, or names and values by turns (env, label), or one string; of onbuild the rest of the line
    json   args came from a JSON array
    old    ENV or LABEL in the old form without `=`
    text   the whole instruction, continuations joined
    """

    name: str
    written: str
    flags: tuple[str, ...]
    args: tuple[str, ...]
    lines: tuple[int, int]
    text: str
    json: bool = False
    old: bool = False
    heredocs: tuple[Heredoc, ...] = ()
    comment: tuple[str, ...] = ()


def parse(lexed: Lexed) -> tuple[Node, ...]:
    """Every instruction of a Dockerfile as a node. Raises DockerfileError with its lines."""
    return tuple(parse_line(line, lexed.escape) for line in lexed.lines)


def parse_line(line: Line, escape: str = "\\") -> Node:
    """One instruction as a node. Raises DockerfileError with its lines."""
    try:
        return _node(line, escape)
    except DockerfileError as error:
        raise DockerfileError(str(error), line.lines) from None


def _node(line: Line, escape: str) -> Node:
    written, _, rest = line.text.partition(_first_space(line.text))
    name = written.lower()
    rest = rest.strip()
    flags, rest = _flags(rest, escape)
    rest = rest.strip()
    args: tuple[str, ...]
    is_json = old = False
    if name in ("run", "cmd", "entrypoint", "shell"):
        args, is_json = _maybe_json(rest)
    elif name in ("add", "copy", "volume"):
        args, is_json = _maybe_json(rest)
        if not is_json:
            args = tuple(_WORD.split(rest)) if rest else ()
    elif name in ("from", "expose"):
        args = tuple(_WORD.split(rest)) if rest else ()
    elif name in ("env", "label"):
        args, old = _names_and_values(rest, name.upper(), escape)
    elif name == "arg":
        args = tuple(split_words(rest, escape))
    elif name == "healthcheck":
        kind, _, command = rest.partition(_first_space(rest))
        command = command.strip()
        args = (kind,) if kind else ()
        if command:
            words, is_json = _maybe_json(command)
            args += words
    else:
        args = (rest,) if rest else ()
    return Node(name, written, flags, args, line.lines, line.text, is_json, old, line.heredocs, line.comment)


def _first_space(text: str) -> str:
    match = _WORD.search(text)
    return match[0] if match else " "


def _maybe_json(rest: str) -> tuple[tuple[str, ...], bool]:
    if rest.startswith("["):
        try:
            value = json.loads(rest)
        except ValueError:
            value = None
        if isinstance(value, list):
            if not all(isinstance(word, str) for word in value):
                raise DockerfileError("when using JSON array syntax, arrays must be comprised of strings only")
            return tuple(value), True
    return ((rest,) if rest else ()), False


def _names_and_values(rest: str, what: str, escape: str) -> tuple[tuple[str, ...], bool]:
    words = split_words(rest, escape)
    if not words:
        return (), False
    if "=" not in words[0]:
        parts = _WORD.split(rest, maxsplit=1)
        if len(parts) < 2:
            raise DockerfileError(f"{what} must have two arguments")
        return (parts[0], parts[1]), True
    pairs: list[str] = []
    for word in words:
        if "=" not in word:
            raise DockerfileError(f'Syntax error - can\'t find = in "{word}". Must be of the form: name=value')
        key, _, value = word.partition("=")
        pairs += [key, value]
    return tuple(pairs), False


def _flags(rest: str, escape: str) -> tuple[tuple[str, ...], str]:
    """Leading `--name[=value]` words, with quotes and escapes taken out, and what follows them."""
    flags: list[str] = []
    at = 0
    while True:
        while at < len(rest) and rest[at].isspace():
            at += 1
        if not rest.startswith("--", at):
            return tuple(flags), rest[at:]
        word = ""
        quote = ""
        start = at
        while at < len(rest) and (quote or not rest[at].isspace()):
            char = rest[at]
            if char == escape:
                if at + 1 == len(rest):
                    at += 1
                    break
                at += 1
                word += rest[at]
            elif quote:
                if char == quote:
                    quote = ""
                else:
                    word += char
            elif char in "'\"":
                quote = char
            else:
                word += char
            at += 1
        if quote:
            return tuple(flags), rest[start:]
        if word == "--":
            return tuple(flags), rest[at:]
        flags.append(word)
