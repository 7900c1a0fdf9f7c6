"""Docker's filters: `-f name=value` given any number of times, and how the engine matches objects with them."""

from __future__ import annotations

from dockercompat.errors import InvalidParameter, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class InvalidFilter(InvalidParameter):
    """A filter's name is unknown (values None), or its values are not acceptable."""

    def __init__(self, name: str, values: list[str] | str | None = None) -> None:
        if values is None:
            shown = ""
        elif isinstance(values, str):
            shown = f"={values}"
        else:
            shown = f"=[{' '.join(values)}]"
        super().__init__(f"invalid filter '{name}{shown}'" if name else "invalid filter")


class Filters:
    """The values of each filter name, without doubles, in the order given.

    A name that was not given matches everything. Several values of one name are alternatives, except labels, which must all fit.
    """

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, Iterable[str]] | None = None) -> None:
        self.values: dict[str, list[str]] = {name: list(dict.fromkeys(each)) for name, each in (values or {}).items()}

    def __bool__(self) -> bool:
        return bool(self.values)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __repr__(self) -> str:
        return f"Filters({self.values!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Filters) and other.values == self.values

    __hash__ = None  # type: ignore[assignment]

    def get(self, name: str) -> list[str]:
        return self.values.get(name, [])

    def add(self, name: str, value: str) -> None:
        each = self.values.setdefault(name, [])
        if value not in each:
            each.append(value)

    def check(self, accepted: Iterable[str]) -> None:
        """Raises InvalidFilter for the first name that is not accepted."""
        known = set(accepted)
        for name in self.values:
            if name not in known:
                raise InvalidFilter(name)

    def boolean(self, name: str, default: bool) -> bool:
        """The value of a filter that is true or false (also 1 and 0); both at once, or any other value, is refused.

        Raises  InvalidFilter, "invalid filter 'dangling=[perhaps]'"
        """
        if name not in self.values:
            return default
        given = self.values[name]
        true = "1" in given or "true" in given
        false = "0" in given or "false" in given
        if true == false:
            raise InvalidFilter(name, sorted(given))
        return true

    def moment_ns(self, name: str, now_ns: int) -> int | None:
        """The one moment that a filter like until names, in nanoseconds since 1970; None when it was not given.

        Raises  InvalidParameter for a second value, or one that is no moment
        """
        given = self.values.get(name)
        if not given:
            return None
        if len(given) > 1:
            raise InvalidParameter(f"more than one {name} filter specified")
        from dockercompat.spec.clock import timestamp

        try:
            return timestamp(given[0], now_ns)
        except ValueError as error:
            raise InvalidParameter(str(error)) from None

    def exact(self, name: str, source: str) -> bool:
        return not self.values.get(name) or source in self.values[name]

    def prefix(self, name: str, source: str) -> bool:
        """One of the values begins the source: how ids are matched."""
        return not self.values.get(name) or any(source.startswith(v) for v in self.values[name])

    def regex(self, name: str, source: str) -> bool:
        """One of the values equals the source or is found in it as a regular expression: how names are matched."""
        given = self.values.get(name)
        return not given or source in given or any(_found(v, source) for v in given)

    def labels(self, labels: Mapping[str, str] | None, name: str = "label") -> bool:
        """Every `label=key` and `label=key=value` fits, and none of the `label!=...`."""
        labels = labels or {}
        if not all(_has_label(v, labels) for v in self.values.get(name, [])):
            return False
        return not any(_has_label(v, labels) for v in self.values.get(name + "!", []))


def parse(words: Iterable[str]) -> Filters:
    """The filters of a command line. An empty word is nothing; names are lower-cased.

    Raises  UsageError for a word without "="
    """
    filters = Filters()
    for word in words:
        if not word:
            continue
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f'invalid argument "{word}" for "-f, --filter" flag: bad format of filter (expected name=value)')
        filters.add(name.strip().lower(), value.strip())
    return filters


def _has_label(wanted: str, labels: Mapping[str, str]) -> bool:
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)


def _found(pattern: str, source: str) -> bool:
    import re  # 6 ms that few filters need

    try:
        return re.search(_as_python(pattern) if "[" in pattern else pattern, source) is not None
    except re.error:
        return False


_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "upper": "A-Z",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t-\r ",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}


def _as_python(pattern: str) -> str:
    """A regular expression of Go's with its character classes as Python writes them: [[:alpha:]_] is [A-Za-z_]."""
    out: list[str] = []
    at, inside = 0, False
    while at < len(pattern):
        letter = pattern[at]
        width = 2 if letter == "\\" else 1
        if not inside and letter == "[":
            inside = True
            width += pattern.startswith("^", at + 1)
            width += pattern.startswith("]", at + width)
        elif inside and pattern.startswith("[:", at) and (name := pattern[at + 2 :].partition(":]")[0]) in _CLASSES:
            out.append(_CLASSES[name])
            at += len(name) + 4
            continue
        elif inside and letter == "[":
            out.append("\\")
        elif letter == "]":
            inside = False
        out.append(pattern[at : at + width])
        at += width
    return "".join(out)
