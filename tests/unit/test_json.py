"""The quick JSON is the standard module's: the same values, texts and errors."""

from __future__ import annotations

import json as standard
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockercompat import json

BOUNDED = settings(derandomize=True, max_examples=150, deadline=None, database=None)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
WAYS: list[dict[str, Any]] = [
    {},
    {"ensure_ascii": False},
    {"separators": (",", ":")},
    {"sort_keys": True, "ensure_ascii": False},
    {"indent": 2},
    {"indent": 1, "separators": (";", "=")},
]


@BOUNDED
@given(VALUES, st.sampled_from(WAYS))
def test_texts_and_values(value: Any, way: dict[str, Any]) -> None:
    text = json.dumps(value, **way)
    assert text == standard.dumps(value, **way)
    if way.get("separators", ",")[0] == ",":
        assert repr(json.loads(f" \n{text}\t")) == repr(standard.loads(text))


@pytest.mark.parametrize(
    "text",
    ["", " ", "{", "[1,]", '{"a":1}x', "nul", "\ufeff1", "\x0b1", '"\n"', b"\xef\xbb\xbf[1]", b"\xff", "[1]".encode("utf-16"), b"", None],
)
def test_errors_and_encodings(text: Any) -> None:
    def outcome(loads: Any) -> Any:
        try:
            return loads(text)
        except (ValueError, TypeError) as error:
            return type(error), str(error) if text is not None else ""

    assert outcome(json.loads) == outcome(standard.loads)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x", {("a",): 1}])
def test_what_is_no_json(value: Any) -> None:
    with pytest.raises(TypeError) as ours:
        json.dumps(value)
    with pytest.raises(TypeError) as theirs:
        standard.dumps(value)
    assert str(ours.value) == str(theirs.value)
