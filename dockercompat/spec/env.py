"""Environment variables and labels on the command line and in files."""

from __future__ import annotations

import os

from dockercompat.errors import InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def parse_variable(text: str, environ: Mapping[str, str]) -> str:
    """One value of -e: `KEY=VALUE`, or `KEY` for the caller's value; a KEY that the caller lacks stays bare."""
    name, equals, _ = text.partition("=")
    if not name:
        raise InvalidParameter(f"invalid environment variable: {text}")
    if not equals and name in environ:
        return f"{name}={environ[name]}"
    return text


def parse_label(text: str) -> str:
    """One value of -l, as it is."""
    name = text.partition("=")[0].lstrip(" \t")
    if not name:
        raise InvalidParameter(f"invalid label '{text}': empty name")
    if " " in name or "\t" in name:
        raise InvalidParameter(f"label '{name}' contains whitespaces")
    return text


def read_env_file(path: str, environ: Mapping[str, str]) -> list[str]:
    """The variables of an --env-file: no quoting, no interpolation; a bare KEY is the caller's value or nothing."""
    return _read(path, environ)


def read_label_file(path: str) -> list[str]:
    """The labels of a --label-file; a bare KEY is nothing."""
    return _read(path, {})


def _read(path: str, environ: Mapping[str, str]) -> list[str]:
    refused = f"invalid env file ({path})"
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        if os.path.isdir(path):
            raise InvalidParameter(f"{refused}: read {path}: {go_reason(error)}") from None
        raise InvalidParameter(f"open {path}: {go_reason(error)}") from None
    found: list[str] = []
    lines = content.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    for number, raw in enumerate(lines, 1):
        raw = raw.removesuffix(b"\r")
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError:
            bytes_shown = " ".join(str(byte) for byte in raw)
            raise InvalidParameter(f"{refused}: invalid utf8 bytes at line {number}: [{bytes_shown}]") from None
        if number == 1:
            line = line.removeprefix("\ufeff")
        line = line.lstrip()
        if not line or line.startswith("#"):
            continue
        name, equals, _ = line.partition("=")
        if not name:
            raise InvalidParameter(f"{refused}: no variable name on line '{line}'")
        if " " in name or "\t" in name:
            raise InvalidParameter(f"{refused}: variable '{name}' contains whitespaces")
        if equals:
            found.append(line)
        elif name in environ:
            found.append(f"{name}={environ[name]}")
    return found


def go_reason(error: OSError) -> str:
    """The system's reason in Go's lower case."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


def merged(variables: Iterable[str], defaults: Iterable[str]) -> list[str]:
    """The variables, then those defaults whose names are not among them."""
    result = list(variables)
    names = {text.partition("=")[0] for text in result}
    return result + [text for text in defaults if text.partition("=")[0] not in names]


def last_wins(variables: Iterable[str]) -> list[str]:
    """Each name once, where it first stood, with its last value."""
    values: dict[str, str] = {}
    for text in variables:
        values[text.partition("=")[0]] = text
    return list(values.values())


def as_map(pairs: Iterable[str]) -> dict[str, str]:
    """`KEY=VALUE` texts as a map; a bare KEY has the value ""."""
    result: dict[str, str] = {}
    for text in pairs:
        name, _, value = text.partition("=")
        result[name] = value
    return result
