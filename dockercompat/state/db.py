"""The database: opened on first use, made on the first open, changed in short transactions that never span waiting."""

from __future__ import annotations

import os

from dockercompat.errors import DockerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType
    from typing import Any
else:
    from dockercompat.state.sqlite import sqlite3

IntegrityError = sqlite3.IntegrityError
SCHEMA_VERSION = 5
_BUSY_TIMEOUT_S = 30.0
_NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_SHMMAP")
_RESERVE_BYTES = 512 << 10  # kept beside the database and given up when the disk is full, so that there is room to remove things


class Database:
    """One connection to the state, for the thread that made it; other threads open their own with `reopened`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._pid = 0

    @property
    def connection(self) -> sqlite3.Connection:
        if self._connection is None or self._pid != os.getpid():  # a connection must not cross a fork
            self._connection = _retried(lambda: _open(self.path), self.path)
            self._pid = os.getpid()
        return self._connection

    def reopened(self) -> Database:
        """A second connection to the same file, for another thread."""
        return Database(self.path)

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        return self._run(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._run(sql, values).fetchone()
        return row

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """One statement in a transaction of its own; the number of rows it changed."""
        return self._run(sql, values).rowcount

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self.transaction():
            for row in rows:
                self._run(sql, row)

    def _run(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        """Raises DockerError when the disk is full, the file damaged or another process holds it for too long."""
        connection = self.connection
        try:
            cursor: sqlite3.Cursor = _retried(lambda: connection.execute(sql, values), self.path, connection)
        except UnicodeEncodeError:
            from dockercompat.spec import utf8  # words that are no UTF-8: here, too, they are what docker's engine would get

            return self._run(sql, utf8.valid(values))
        return cursor

    def transaction(self) -> Transaction:
        """`with db.transaction():` writes together or not at all; nested uses join the outer one."""
        return Transaction(self.connection, self.path)

    def check_room(self) -> None:
        """For what adds to the state: the last of a disk, and the reserve, are there to look at things and to remove them.

        Raises  DockerError
        """
        _ = self.connection  # its directory is there then
        disk = os.statvfs(os.path.dirname(self.path))
        wanted = _RESERVE_BYTES if os.path.exists(f"{self.path}.reserve") else 2 * _RESERVE_BYTES
        if disk.f_blocks and disk.f_bavail * disk.f_frsize < wanted:  # a file system without a size tells of no blocks
            raise _no_room(self.path)

    def close(self) -> None:
        connection, self._connection = self._connection, None  # in this order: an interrupt may come between
        if connection is not None and self._pid == os.getpid():
            connection.close()


class Transaction:
    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.connection = connection
        self.path = path
        self.outermost = not connection.in_transaction

    def __enter__(self) -> None:
        if self.outermost:
            self._run("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self.outermost:
            return
        if kind is None:
            try:
                self._run("COMMIT")
            except DockerError:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
        elif self.connection.in_transaction:  # a full disk may have ended it already
            self.connection.execute("ROLLBACK")

    def _run(self, statement: str) -> None:
        _retried(lambda: self.connection.execute(statement), self.path, self.connection)


def _retried(work: Callable[[], Any], path: str, connection: sqlite3.Connection | None = None) -> Any:
    """Do a piece of work, once more without the reserve when the disk is full. Raises DockerError, IntegrityError"""
    inside = connection is not None and connection.in_transaction
    try:
        return work()
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        full = getattr(error, "sqlite_errorname", "").startswith(_NO_ROOM)
        if full and _give_up_reserve(path) and (connection is None or connection.in_transaction == inside):
            return _retried(work, path, connection)
        raise _failure(error, path) from error


def _take_reserve(path: str) -> None:
    reserve = f"{path}.reserve"
    if os.path.exists(reserve):
        return
    try:
        disk = os.statvfs(os.path.dirname(path))
        if disk.f_bavail * disk.f_frsize < 8 * _RESERVE_BYTES:
            return
        fd = os.open(reserve, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError:
        return
    try:
        os.posix_fallocate(fd, 0, _RESERVE_BYTES)
    except OSError:
        os.unlink(reserve)
    finally:
        os.close(fd)


def _give_up_reserve(path: str) -> bool:
    try:
        os.unlink(f"{path}.reserve")
    except OSError:
        return False
    return True


def _no_room(path: str) -> DockerError:
    return DockerError(f"write {path}: no space left on device")


def _failure(error: sqlite3.DatabaseError, path: str) -> DockerError:
    """What the database refused, as a sentence."""
    code = getattr(error, "sqlite_errorname", "")
    if code.startswith(_NO_ROOM):
        return _no_room(path)
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return DockerError(f"open {path}: {error}")
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return DockerError(f"the database {path} is damaged: {error}")
    if code.startswith("SQLITE_BUSY"):
        return DockerError(f"the database {path} is held by another process")
    return DockerError(f"the database {path}: {error}")


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
    _take_reserve(path)
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


def _create(connection: sqlite3.Connection, since: str = "") -> None:
    """Make the tables, or those only that a later version brought."""
    with open(os.path.join(os.path.dirname(__file__), "schema.sql"), encoding="utf-8") as file:
        lines = file.read()
    for statement in lines.split(";\n"):
        if since and since not in statement:
            continue
        text = "\n".join(line.partition("--")[0] for line in statement.split("\n"))
        if text.strip():
            connection.execute(text)


def _second(connection: sqlite3.Connection) -> None:
    _create(connection, "-- since version 2")


def _third(connection: sqlite3.Connection) -> None:
    _create(connection, "-- since version 3")


def _fourth(connection: sqlite3.Connection) -> None:
    """Leases gain an IPv6 address, and are one for each network and container."""
    if connection.execute("SELECT 1 FROM pragma_table_info('addresses') WHERE name = 'address6'").fetchone():
        return  # made of today's schema a moment ago
    connection.execute("ALTER TABLE addresses RENAME TO addresses_3")
    _create(connection, "TABLE addresses ")
    _create(connection, "INDEX addresses_")
    columns = "network_id, address, container_id, host_access"
    connection.execute(f"INSERT OR IGNORE INTO addresses ({columns}) SELECT {columns} FROM addresses_3 ORDER BY rowid")
    connection.execute("DROP TABLE addresses_3")


def _fifth(connection: sqlite3.Connection) -> None:
    """Ports lose what a network helper had to know of them; execs, whose start time was all that was known of them, gain a document."""
    if connection.execute("SELECT 1 FROM pragma_table_info('published_ports') WHERE name = 'guest_port'").fetchone():
        connection.execute("ALTER TABLE published_ports DROP COLUMN guest_port")
    connection.execute("UPDATE execs SET body = json_object('start', json(body)) WHERE json_type(body) = 'integer'")


_STEPS: list[Callable[[sqlite3.Connection], None]] = [_create, _second, _third, _fourth, _fifth]
