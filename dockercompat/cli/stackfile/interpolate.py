"""Variables of the environment put into a stack's Compose file, in docker's grammar: $NAME, ${NAME}, ${NAME:-x}, ${NAME?why}, $$."""

from __future__ import annotations

import re

from dockercompat import json
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_SUBSTITUTION = r"[_a-z][_a-z0-9]*(?::?[-?][^}]*)?"
_PATTERN = re.compile(rf"\$(?:(?P<escaped>\$)|(?P<named>{_SUBSTITUTION})|{{(?P<braced>{_SUBSTITUTION})}}|(?P<invalid>))", re.I)
_SECTIONS = ("services", "volumes", "networks", "secrets", "configs")


def interpolate(document: dict[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """The document with its strings filled in and those of typed fields made numbers and truths. Raises ClientError."""
    return {name: _walk(value, (name,), environment) for name, value in document.items()}


def _walk(value: Any, path: tuple[str, ...], environment: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _text(value, path, environment)
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {name: _walk(item, (*path, name), environment) for name, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, (*path, "[]"), environment) for item in value]
    return value


def _text(text: str, path: tuple[str, ...], environment: Mapping[str, str]) -> Any:
    where = ".".join(path)
    try:
        filled = substitute(text, environment)
    except _Missing as error:
        template = json.dumps(str(error), ensure_ascii=False)
        raise ClientError(f"invalid interpolation format for {where}: {template}; you may need to escape any $ with another $") from None
    cast = _cast_of(path) if filled != text else None
    return filled if cast is None else _cast(cast, filled, where)


def _cast(cast: Callable[[str], Any], text: str, where: str) -> Any:
    try:
        return cast(text)
    except ValueError as error:
        raise ClientError(f"error while interpolating {where}: failed to cast to expected type: {error}") from None


class _Missing(Exception):
    pass


def substitute(text: str, environment: Mapping[str, str]) -> str:
    failure = ""

    def fill(match: re.Match[str]) -> str:
        nonlocal failure
        if match["escaped"]:
            return "$"
        word = match["named"] or match["braced"]
        if not word:
            failure = text
            return ""
        for separator in (":-", "-"):
            if separator in word:
                name, _, default = word.partition(separator)
                value = environment.get(name)
                return default if value is None or (separator == ":-" and not value) else value
        for separator in (":?", "?"):
            if separator in word:
                name, _, reason = word.partition(separator)
                value = environment.get(name)
                if value is None or (separator == ":?" and not value):
                    failure = f"required variable {name} is missing a value: {reason}"
                    return ""
                return value
        return environment.get(word, "")

    filled = _PATTERN.sub(fill, text)
    if failure:
        raise _Missing(failure)
    return filled


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise ValueError(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f'strconv.ParseFloat: parsing "{text}": invalid syntax') from None


def _truth(text: str) -> bool:
    if text.lower() in ("y", "yes", "true", "on"):
        return True
    if text.lower() in ("n", "no", "false", "off"):
        return False
    raise ValueError(f"invalid boolean: {text}")


_CASTS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(
        (
            "configs.[].mode", "secrets.[].mode", "healthcheck.retries", "deploy.replicas", "deploy.update_config.parallelism",
            "deploy.rollback_config.parallelism", "deploy.restart_policy.max_attempts", "deploy.placement.max_replicas_per_node",
            "ports.[].target", "ports.[].published", "ulimits.*", "ulimits.*.hard", "ulimits.*.soft",
        ),
        _integer,
    ),
    **dict.fromkeys(("deploy.update_config.max_failure_ratio", "deploy.rollback_config.max_failure_ratio"), _float),
    **dict.fromkeys(
        (
            "healthcheck.disable", "privileged", "read_only", "stdin_open", "tty", "volumes.[].read_only", "volumes.[].volume.nocopy",
        ),
        _truth,
    ),
}  # fmt: skip


def _cast_of(path: tuple[str, ...]) -> Callable[[str], Any] | None:
    if path[0] == "services" and len(path) > 2:
        rest = list(path[2:])
        if rest[0] == "ulimits" and len(rest) > 1:
            rest[1] = "*"
        return _CASTS.get(".".join(rest))
    typed = path[2:] == ("external",) or (path[0] == "networks" and path[2:] in (("internal",), ("attachable",)))
    return _truth if typed and path[0] in _SECTIONS[1:] else None
