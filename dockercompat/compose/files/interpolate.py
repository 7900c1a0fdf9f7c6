"""Variables in a whole document, and the types that interpolated texts are cast to."""

from __future__ import annotations

from dockercompat.compose.files import template
from dockercompat.compose.values import RULE, plant, quoted, step
from dockercompat.errors import InvalidProject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockercompat.compose.files.template import Lookup
    from dockercompat.compose.values import Rules, Value, Warn

_TRUE = ("1", "t", "y", "yes", "on")
_FALSE = ("0", "f", "n", "no", "off")


def interpolate(value: Value, environment: Mapping[str, str], warn: Warn) -> Value:
    """A copy of a document with variables replaced and texts cast where compose wants another type.

    Raises  InvalidProject naming the place in dots
    """
    return _walk(value, (), _CASTS, environment.get, warn)


def _walk(value: Value, place: tuple[str, ...], rules: Rules | None, lookup: Lookup, warn: Warn) -> Value:
    if isinstance(value, dict):
        return {key: _walk(item, (*place, key), step(rules, key), lookup, warn) for key, item in value.items()}
    if isinstance(value, list):
        below = (*place, "[]")
        inner = step(rules, "[]")
        return [_walk(item, below, inner, lookup, warn) for item in value]
    if value.__class__ is not str:
        return value
    cast = rules.get(RULE) if rules else None
    if cast is None and "$" not in value:
        return value
    try:
        text = template.substitute(value, lookup, warn)
    except template.InvalidTemplate as error:
        raise InvalidProject(
            f"invalid interpolation format for {'.'.join(place)}.\nYou may need to escape any $ with another $.\n{error}"
        ) from None
    except template.MissingVariable as error:
        raise InvalidProject(f"error while interpolating {'.'.join(place)}: {error}") from None
    if cast is None:
        return text
    try:
        return cast(text, warn)
    except ValueError as error:
        raise InvalidProject(f"error while interpolating {'.'.join(place)}: failed to cast to expected type: {error}") from None


def to_boolean(text: str, warn: Warn) -> bool:
    """Raises ValueError in compose's words."""
    word = text.lower()
    if word in ("true", "false"):
        return word == "true"
    for words, value in ((_TRUE[2:], True), (_FALSE[2:], False)):
        if word in words:
            warn(f'"{text}" for boolean is not supported by YAML 1.2, please use `{"true" if value else "false"}`')
            return value
    raise ValueError(f"invalid boolean: {text}")


def to_int(text: str, warn: Warn | None = None) -> int:
    return _int(text, "Atoi")


def to_int64(text: str, warn: Warn | None = None) -> int:
    return _int(text, "ParseInt")


def _int(text: str, function: str) -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits or any(letter not in "0123456789" for letter in digits):
        raise ValueError(f"strconv.{function}: parsing {quoted(text)}: invalid syntax")
    number = int(text)
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError(f"strconv.{function}: parsing {quoted(text)}: value out of range")
    return number


def to_float(text: str, warn: Warn | None = None) -> float:
    try:
        if not text or text != text.strip() or "_" in text:
            raise ValueError
        return float(text)
    except ValueError:
        raise ValueError(f"strconv.ParseFloat: parsing {quoted(text)}: invalid syntax") from None


def _casts() -> dict[str, Callable[[str, Warn], Value]]:
    services = {
        to_int: """deploy.replicas deploy.update_config.parallelism deploy.rollback_config.parallelism
            deploy.restart_policy.max_attempts deploy.placement.max_replicas_per_node healthcheck.retries ports.*.target
            scale ulimits.* ulimits.*.hard ulimits.*.soft""",
        to_int64: "cpu_count cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares oom_score_adj pids_limit",
        to_float: "cpu_percent cpus deploy.update_config.max_failure_ratio deploy.rollback_config.max_failure_ratio",
        to_boolean: """init healthcheck.disable oom_kill_disable privileged read_only stdin_open tty depends_on.*.required
            depends_on.*.restart volumes.*.read_only volumes.*.volume.nocopy""",
    }
    table: dict[str, Callable[[str, Warn], Value]] = {}
    for cast, places in services.items():
        for place in places.split():
            table[f"services.*.{place}"] = cast  # type: ignore[assignment]
    for place in [
        "networks.*.external",
        "networks.*.internal",
        "networks.*.attachable",
        "volumes.*.external",
        "secrets.*.external",
        "configs.*.external",
    ]:
        table[place] = to_boolean
    table["networks.*.enable_ipv4"] = table["networks.*.enable_ipv6"] = to_boolean
    return table


_CASTS = plant(_casts())
