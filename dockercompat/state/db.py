"""The database: opened on first use, made on the first open, changed in short transactions that never span waiting."""

from __future__ import annotations

import os
import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType
    from typing import Any

SCHEMA_VERSION = 1
_BUSY_TIMEOUT_S = 30.0


class Database:
    """One connection to the state, for the thread that made it; other threads open their own with `reopened`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._pid = 0

    @property
    def connection(self) -> sqlite3.Connection:
        if self._connection is None or self._pid != os.getpid():  # a connection must not cross a fork
            self._connection = _open(self.path)
            self._pid = os.getpid()
        return self._connection

    def reopened(self) -> Database:
        """A second connection to the same file, for another thread."""
        return Database(self.path)

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        return self.connection.execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.connection.execute(sql, values).fetchone()
        return row

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """One statement in a transaction of its own; the number of rows it changed."""
        return self.connection.execute(sql, values).rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self.transaction():
            self.connection.executemany(sql, rows)

    def transaction(self) -> Transaction:
        """`with db.transaction():` writes together or not at all; nested uses join the outer one."""
        return Transaction(self.connection)

    def close(self) -> None:
        if self._connection is not None and self._pid == os.getpid():
            self._connection.close()
        self._connection = None


class Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.outermost = not connection.in_transaction

    def __enter__(self) -> None:
        if self.outermost:
            self.connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.outermost:
            self.connection.execute("COMMIT" if kind is None else "ROLLBACK")


def _open(path: str) -> sqlite3.Connection:
    fresh = not os.path.exists(path)
    if fresh:
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, cached_statements=64)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version < SCHEMA_VERSION:
        _migrate(connection)
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to SCHEMA_VERSION; two processes may try at once, one of them does it."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for step in _STEPS[version:]:
            step(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _create(connection: sqlite3.Connection) -> None:
    with open(os.path.join(os.path.dirname(__file__), "schema.sql"), encoding="utf-8") as file:
        text = "\n".join(line.partition("--")[0] for line in file)
    for statement in text.split(";"):
        if statement.strip():
            connection.execute(statement)


_STEPS: list[Callable[[sqlite3.Connection], None]] = [_create]
