"""A merged document held against the grammar; the most specific mistake is told, in docker compose's words."""

from __future__ import annotations

from dockercompat.compose.values import Timestamp, quoted
from dockercompat.errors import InvalidProject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockercompat.compose.files.schema import Rule
    from dockercompat.compose.values import Value

    Mistake = tuple[int, str, str]  # how specific, the place in dots, the words

_TYPES: tuple[tuple[type, tuple[str, ...]], ...] = (
    (bool, ("boolean",)),
    (int, ("integer", "number")),
    (str, ("string",)),
    (dict, ("object",)),
    (list, ("array",)),
)


def validate(document: Value, path: str) -> None:
    """Raises InvalidProject: validating PATH: services.web.ports must be a array"""
    from dockercompat.compose.files.schema import PROJECT

    worst: Mistake | None = None
    for mistake in _mistakes(document, PROJECT, ()):
        if worst is None or mistake[0] > worst[0]:
            worst = mistake
    if worst is not None:
        raise InvalidProject(f"validating {path}: {worst[1]} {worst[2]}")


def _mistakes(value: Value, rule: Rule, place: tuple[str, ...]) -> Iterator[Mistake]:
    if rule.one_of:
        yield from _none_fits(value, rule, place)
        return
    kinds = _kinds(value)
    if rule.types and not any(kind in rule.types for kind in kinds):
        words = "invalid jsonType time.Time" if isinstance(value, Timestamp) else f"must be a {_types(rule.types)}"
        yield len(place), ".".join(place), words
        return
    if rule.enum and value not in rule.enum:
        allowed = ", ".join(f"'{word}'" for word in rule.enum)
        yield len(place), ".".join(place), f"value must be {'one of ' if len(rule.enum) > 1 else ''}{allowed}"
    if isinstance(value, dict):
        yield from _in_mapping(value, rule, place)
    elif isinstance(value, list):
        if rule.items is not None:
            for index, item in enumerate(value):
                yield from _mistakes(item, rule.items, (*place, str(index)))
        if rule.distinct:
            yield from _twins(value, place)
    elif isinstance(value, str):
        if rule.pattern and not _matches(rule.pattern, value):
            yield len(place), ".".join(place), f"{_single_quoted(value)} does not match pattern '{rule.pattern}'"
    elif rule.minimum is not None and value < rule.minimum:
        yield len(place), ".".join(place), f"must be greater than or equal to {rule.minimum}"
    elif rule.maximum is not None and value > rule.maximum:
        yield len(place), ".".join(place), f"must be less than or equal to {rule.maximum}"


def _twins(value: list[Value], place: tuple[str, ...]) -> Iterator[Mistake]:
    for index, item in enumerate(value):
        first = value.index(item)
        if first < index:
            yield len(place), ".".join(place), f"items at {first} and {index} are equal"
            return


def _none_fits(value: Value, rule: Rule, place: tuple[str, ...]) -> Iterator[Mistake]:
    all_mistakes: list[Mistake] = []
    for one in rule.one_of:
        mistakes = list(_mistakes(value, one, place))
        if not mistakes:
            return
        all_mistakes += mistakes
    yield from all_mistakes


def _in_mapping(value: dict[str, Value], rule: Rule, place: tuple[str, ...]) -> Iterator[Mistake]:
    lacking = [key for key in rule.required if key not in value]
    if lacking:
        names = ", ".join(f"'{key}'" for key in lacking)
        yield len(place), ".".join(place), f"missing {'properties' if len(lacking) > 1 else 'property'} {names}"
    unknown = []
    for key, item in value.items():
        known = rule.fields.get(key)
        if known is not None:
            yield from _mistakes(item, known, (*place, key))
            continue
        for search, below in rule.keyed:
            if search(key):
                yield from _mistakes(item, below, (*place, key))
                break
        else:
            unknown.append(key)
    if unknown and rule.closed:
        names = ", ".join(_single_quoted(key) for key in sorted(unknown))
        yield len(place) + 1, ".".join(place), f"additional properties {names} not allowed"


def _single_quoted(text: str) -> str:
    """Go's %q with single quotes."""
    return "'" + quoted(text)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"


def _kinds(value: Value) -> tuple[str, ...]:
    if value is None:
        return ("null",)
    if isinstance(value, Timestamp):
        return ()
    for kind, names in _TYPES:
        if isinstance(value, kind):
            return names
    return ("number", "integer") if isinstance(value, float) and value.is_integer() else ("number",)


def _types(types: tuple[str, ...]) -> str:
    names = sorted("mapping" if name == "object" else name for name in types)
    return ", ".join(names[:-1]) + " or " + names[-1] if len(names) > 1 else names[0]


def _matches(pattern: str, text: str) -> bool:
    import re

    return re.search(pattern, text) is not None
