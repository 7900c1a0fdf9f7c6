"""The database on a full disk."""

from __future__ import annotations

import os

import pytest

from dockercompat.errors import DockerError
from dockercompat.state.db import Database


def test_a_full_disk_is_a_sentence_and_leaves_the_database_whole(tmp_path):
    path = str(tmp_path / "state/pydocker.db")
    database = Database(path)
    insert = "INSERT INTO volumes (name, created_ns) VALUES (?, 0)"
    database.execute(insert, ("before",))
    assert os.path.getsize(f"{path}.reserve") > 0
    pages = database.all("PRAGMA page_count")[0][0]
    database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DockerError, match=r"^write .*pydocker\.db: no space left on device$"), database.transaction():
        database.execute(insert, ("first",))
        database.execute(insert, ("x" * 100_000,))
    assert not os.path.exists(f"{path}.reserve")
    assert [row[0] for row in database.all("SELECT name FROM volumes")] == ["before"]
    database.close()
    assert Database(path).execute(insert, ("after",)) == 1
    assert os.path.exists(f"{path}.reserve")
