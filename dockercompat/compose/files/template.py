"""Variables in a text: $NAME, ${NAME}, and the forms with a default, a replacement or a complaint."""

from __future__ import annotations

import re

from dockercompat.errors import InvalidProject
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dockercompat.compose.values import Value, Warn

    Lookup = Callable[[str], str | None]

_NAME = "[_a-zA-Z][_a-zA-Z0-9]*"
_VARIABLE = re.compile(rf"\$(?:(?P<escaped>\$)|(?P<named>{_NAME})|\{{(?P<braced>{_NAME}(?::?[-+?].*)?)\}}|(?P<invalid>))")
_OPERATOR = re.compile(r":?[-+?]")


class InvalidTemplate(Exception):
    """A ${ that is no variable; the text is the whole template."""


class MissingVariable(InvalidProject):
    """${NAME:?words} without a value."""


class Variable(Record):
    """A variable that a project's files name, as `compose config --variables` lists it."""

    name: str
    default: str = ""
    presence: str = ""
    required: bool = False


def substitute(text: str, lookup: Lookup, warn: Warn | None = None) -> str:
    """The text with its variables replaced; an unset one is blank, and warn is told its name.

    Raises  InvalidTemplate; MissingVariable
    """
    if "$" not in text:
        return text
    parts = []
    end = 0
    for match in _VARIABLE.finditer(text):
        parts.append(text[end : match.start()])
        parts.append(_replacement(match, text, lookup, warn))
        end = match.end()
    return "".join(parts) + text[end:]


def _replacement(match: re.Match[str], text: str, lookup: Lookup, warn: Warn | None) -> str:
    if match["escaped"]:
        return "$"
    if match["named"]:
        return _plain(match["named"], lookup, warn)
    if match["braced"] is None:
        if text.startswith("{", match.end()):
            raise InvalidTemplate(text)
        return "$"
    inner, rest = _close(match[0])
    found = _OPERATOR.search(inner)
    if found is None:
        value = _plain(inner, lookup, warn)
    else:
        value = _with_operator(inner[: found.start()], found[0], inner[found.end() :], lookup, warn)
    return value + substitute(rest, lookup, warn)


def _close(braced: str) -> tuple[str, str]:
    """What stands between the first ${ and the } that belongs to it, and what follows."""
    depth = at = 0
    while at < len(braced):
        if braced[at] == "}":
            depth -= 1
            if not depth:
                return braced[2:at], braced[at + 1 :]
        if braced.startswith("${", at):
            depth += 1
            at += 1
        at += 1
    return braced[2:-1], ""


def _plain(name: str, lookup: Lookup, warn: Warn | None) -> str:
    value = lookup(name)
    if value is None:
        if warn is not None:
            warn(f'The "{name}" variable is not set. Defaulting to a blank string.')
        return ""
    return value


def _with_operator(name: str, operator: str, word: str, lookup: Lookup, warn: Warn | None) -> str:
    value = lookup(name)
    present = value is not None and (value != "" or operator[0] != ":")
    sign = operator[-1]
    if sign == "+":
        return substitute(word, lookup, warn) if present else value or ""
    if sign == "-":
        return value if present and value is not None else substitute(word, lookup, warn)
    reason = substitute(word, lookup, warn)
    if present and value is not None:
        return value
    raise MissingVariable(f"required variable {name} is missing a value" + (f": {reason}" if reason else ""))


def variables(value: Value) -> Iterator[Variable]:
    """All variables of a tree of values, in the order of the text; those within defaults too."""
    if isinstance(value, str):
        for match in _VARIABLE.finditer(value):
            if match["named"]:
                yield Variable(match["named"])
            elif match["braced"]:
                yield from _braced_variables(match[0])
    elif isinstance(value, dict):
        for item in value.values():
            yield from variables(item)
    elif isinstance(value, list):
        for item in value:
            yield from variables(item)


def _braced_variables(text: str) -> Iterator[Variable]:
    inner, rest = _close(text)
    found = _OPERATOR.search(inner)
    if found is None:
        yield Variable(inner)
    else:
        name, word = inner[: found.start()], inner[found.end() :]
        sign = found[0][-1]
        yield Variable(name, word if sign == "-" else "", word if sign == "+" else "", sign == "?")
        yield from variables(word)
    yield from variables(rest)


def lookup_in(environment: Mapping[str, str]) -> Lookup:
    return environment.get
