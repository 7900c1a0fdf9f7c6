"""`${NAME:-default}` in compose files, and the variables that there are for it: the environment, then `.env`."""

from __future__ import annotations

import re

from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")


def environment_of(environ: Mapping[str, str], directory: str) -> dict[str, str]:
    """The environment, and below it what `.env` in that directory says."""
    return {**(file_variables(f"{directory}/.env", environ) or {}), **environ}


def file_variables(path: str, environ: Mapping[str, str]) -> dict[str, str] | None:
    """The variables of an env file, None when there is no such file."""
    known: dict[str, str] = {}
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.removeprefix("export ").partition("=")
        if equals:
            known[name.strip()] = _value(value.strip(), {**known, **environ})
    return known


def _value(text: str, known: Mapping[str, str]) -> str:
    if text[:1] == "'" and text.endswith("'") and len(text) > 1:
        return text[1:-1]
    if text[:1] == '"' and text.endswith('"') and len(text) > 1:
        plain = text[1:-1].replace("\\n", "\n").replace('\\"', '"')
    else:
        plain = re.sub(r"\s+#.*", "", text)
    return substitute(plain, known, "")


def interpolate(value: Any, environ: Mapping[str, str], path: str) -> Any:
    """A document with its variables put in. Raises HclError."""
    if isinstance(value, str):
        return substitute(value, environ, path)
    if isinstance(value, dict):
        return {key: interpolate(item, environ, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [interpolate(item, environ, f"{path}.[]") for item in value]
    return value


def substitute(text: str, environ: Mapping[str, str], path: str) -> str:
    """Raises HclError."""
    made, at = "", 0
    while at < len(text):
        mark = text.find("$", at)
        if mark < 0:
            return made + text[at:]
        made += text[at:mark]
        following = text[mark + 1 : mark + 2]
        if following == "$":
            made, at = made + "$", mark + 2
        elif following == "{":
            end = _closing(text, mark + 2)
            if end < 0:
                raise _malformed(path, text)
            made, at = made + _braced(text[mark + 2 : end], environ, path), end + 1
        else:
            match = _NAME.match(text, mark + 1)
            if match is None:
                raise _malformed(path, text)
            made, at = made + environ.get(match[0], ""), match.end()
    return made


def _malformed(path: str, text: str) -> HclError:
    return HclError(f"invalid interpolation format for {path}.\nYou may need to escape any $ with another $.\n{text}")


def _closing(text: str, start: int) -> int:
    depth = 1
    for place in range(start, len(text)):
        if text[place] == "{" and text[place - 1] == "$":
            depth += 1
        elif text[place] == "}":
            depth -= 1
            if not depth:
                return place
    return -1


def _braced(inner: str, environ: Mapping[str, str], path: str) -> str:
    match = _NAME.match(inner)
    if match is None:
        raise _malformed(path, f"${{{inner}}}")
    name, rest = match[0], inner[match.end() :]
    value = environ.get(name)
    if not rest:
        return value or ""
    operator = rest[:2] if rest[0] == ":" else rest[0]
    word = rest[len(operator) :]
    present = bool(value) if operator.startswith(":") else value is not None
    kind = operator[-1]
    if kind == "-":
        return str(value) if present else substitute(word, environ, path)
    if kind == "+":
        return substitute(word, environ, path) if present else ""
    if kind == "?":
        if not present:
            raise HclError(
                f"error while interpolating {path}: required variable {name} is missing a value: {substitute(word, environ, path)}"
            )
        return str(value)
    raise _malformed(path, f"${{{inner}}}")
