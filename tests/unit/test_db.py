"""The database: on a full disk, and what it loads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dockercompat.errors import DockerError
from dockercompat.state.db import SCHEMA_VERSION, Database


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


def test_what_adds_to_a_full_disk_is_refused_before_the_reserve_is_needed(tmp_path, monkeypatch):
    database = Database(str(tmp_path / "pydocker.db"))
    database.check_room()
    disk = os.statvfs(tmp_path)
    little = os.statvfs_result([disk.f_bsize, 4096, disk.f_blocks, 100, 100, *disk[5:]])
    monkeypatch.setattr(os, "statvfs", lambda _: little)
    with pytest.raises(DockerError, match=r"^write .*pydocker\.db: no space left on device$"):
        database.check_room()
    assert os.path.exists(tmp_path / "pydocker.db.reserve")
    unlimited = os.statvfs_result([disk.f_bsize, 4096, 0, 0, 0, *disk[5:]])  # a tmpfs without a size
    monkeypatch.setattr(os, "statvfs", lambda _: unlimited)
    database.check_room()


def test_a_store_of_version_3_is_brought_up_to_date(tmp_path):
    path = str(tmp_path / "pydocker.db")
    made = Database(path)
    made.execute("INSERT INTO networks (id, name, driver, bridge, created_ns, body) VALUES ('n', 'net', 'bridge', 'br', 0, '{}')")
    wanted = [row for row in made.all("PRAGMA table_info('containers')") if row["pk"] or (row["notnull"] and row["dflt_value"] is None)]
    columns = ", ".join(row["name"] for row in wanted)
    for container_id in ("c", "d"):
        values = [container_id if row["name"] in ("id", "name") else "{}" for row in wanted]
        made.execute(f"INSERT INTO containers ({columns}) VALUES ({', '.join('?' * len(values))})", values)
    for statement in (
        "DROP TABLE addresses",
        "CREATE TABLE addresses (network_id TEXT NOT NULL REFERENCES networks (id) ON DELETE CASCADE, address TEXT NOT NULL, container_id"
        " TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE, host_access INTEGER NOT NULL DEFAULT 0,"
        " PRIMARY KEY (network_id, address))",
        "INSERT INTO addresses VALUES ('n', '172.18.0.2', 'c', 1)",
        "INSERT INTO addresses VALUES ('n', '172.18.0.3', 'd', 0)",
        "INSERT INTO addresses VALUES ('n', '172.18.0.4', 'd', 0)",
        "ALTER TABLE published_ports ADD COLUMN guest_port INTEGER NOT NULL DEFAULT 0",
        "INSERT INTO published_ports VALUES ('tcp', '0.0.0.0', 8080, 'c', 80, 40000)",
        "INSERT INTO execs VALUES ('e', 'c', 7, '12345')",
        "PRAGMA user_version = 3",
    ):
        made.execute(statement)
    made.close()
    database = Database(path)
    assert [tuple(row) for row in database.all("SELECT * FROM addresses ORDER BY rowid")] == [
        ("n", "172.18.0.2", "c", 1, ""),
        ("n", "172.18.0.3", "d", 0, ""),
    ]
    assert [tuple(row) for row in database.all("SELECT * FROM published_ports")] == [("tcp", "0.0.0.0", 8080, "c", 80)]
    assert [row["body"] for row in database.all("SELECT body FROM execs")] == ['{"start":12345}']
    assert database.execute("DELETE FROM networks") == 1
    assert not database.all("SELECT * FROM addresses") and not database.all("PRAGMA foreign_key_check")
    database.close()
    assert Database(path).one("PRAGMA user_version")[0] == SCHEMA_VERSION


def test_functools_is_itself_afterwards(tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "from dockercompat.state.db import Database\n"
        "assert 'functools' not in sys.modules, 'in the way'\n"
        f"assert Database({str(tmp_path / 'state.db')!r}).one('SELECT 1 + 1')[0] == 2\n"
        "import functools, sqlite3\n"
        "assert functools.lru_cache(maxsize=1)(str)(5) == '5' and functools.partial\n"
        "assert sqlite3.connect(':memory:').execute('SELECT 2 + 3').fetchone() == (5,)\n"
    )
    subprocess.run([sys.executable, "-ISc", code], check=True, timeout=60)
