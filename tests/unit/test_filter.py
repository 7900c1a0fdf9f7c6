"""Docker's filters: reading them, refusing them, matching with them."""

from __future__ import annotations

import pytest

from dockercompat.errors import DockerError, UsageError
from dockercompat.spec.filter import Filters, parse


def test_parse() -> None:
    filters = parse(["label=a=b", "Label= c ", "name=x", "name=y", "name=x", ""])
    assert filters == Filters({"label": ["a=b", "c"], "name": ["x", "y"]})
    assert parse(["label!=a"]).values == {"label!": ["a"]}
    with pytest.raises(UsageError) as caught:
        parse(["x"])
    assert str(caught.value) == 'invalid argument "x" for "-f, --filter" flag: bad format of filter (expected name=value)'


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nosuch=1"], "invalid filter 'nosuch'"),
        (["dangling=perhaps"], "invalid filter 'dangling=[perhaps]'"),
        (["dangling=true", "dangling=false"], "invalid filter 'dangling=[false true]'"),
        (["dangling="], "invalid filter 'dangling=[]'"),
    ],
)
def test_refused(words: list[str], message: str) -> None:
    filters = parse(words)
    with pytest.raises(DockerError) as caught:
        filters.check({"dangling", "label"})
        filters.boolean("dangling", False)
    assert (str(caught.value), caught.value.http_status, caught.value.prefixed) == (message, 400, True)


def test_booleans() -> None:
    assert parse(["d=1"]).boolean("d", False) is True
    assert parse(["d=false"]).boolean("d", True) is False
    assert parse([]).boolean("d", True) is True


def test_matching() -> None:
    filters = parse(["name=web", "name=^db[0-9]$", "id=abc", "label=a", "label=b=2", "label!=c", "status=running"])
    assert [filters.regex("name", n) for n in ("web", "myweb1", "db1", "db11", "[")] == [True, True, True, False, False]
    assert [filters.prefix("id", i) for i in ("abcdef", "ab", "xabc")] == [True, False, False]
    assert filters.exact("status", "running") and not filters.exact("status", "run")
    assert filters.exact("other", "anything") and filters.regex("other", "") and filters.prefix("other", "")
    assert filters.labels({"a": "", "b": "2"})
    assert not filters.labels({"a": "", "b": "3"})
    assert not filters.labels({"b": "2"})
    assert not filters.labels({"a": "", "b": "2", "c": "x"})
    assert not filters.labels(None)
    assert parse([]).labels(None)
    assert parse(["name=("]).regex("name", "(") and not parse(["name=("]).regex("name", "x")
