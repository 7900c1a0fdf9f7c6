"""Words that are no UTF-8 become what Go's JSON makes of them, and the database takes them."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dockercompat.spec import utf8
from dockercompat.state.db import Database


def test_each_bad_byte_is_one_replacement() -> None:
    word = b"a\xff\xfe".decode("utf-8", "surrogateescape")
    assert utf8.valid({word: [word, 1, None, (word,)]}) == {"a\ufffd\ufffd": ["a\ufffd\ufffd", 1, None, ("a\ufffd\ufffd",)]}


@given(st.text(st.characters()))
def test_text_that_can_be_encoded_stays(text: str) -> None:
    assert json.loads(json.dumps(utf8.valid(text), ensure_ascii=False).encode()) == utf8.valid(text)


def test_the_database_takes_any_word(tmp_path: Path) -> None:
    database = Database(str(tmp_path / "state.db"))
    row = database.one("SELECT ? AS word", ("v\udcff",))
    assert row is not None
    assert row["word"] == "v\ufffd"
    database.close()
