"""Blobs by digest: a temporary file, synced, renamed. Unfinished downloads are kept by digest, and a later command goes on with them."""

from __future__ import annotations

import fcntl
import os

from dockercompat.errors import DigestMismatch
from dockercompat.spec import digest as digests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import BinaryIO

_CHUNK = 1 << 20


class ContentStore:
    """The directories blobs_dir (finished, named by their hex digest) and partial_dir (unfinished, likewise)."""

    def __init__(self, blobs_dir: str, partial_dir: str, temp_dir: str) -> None:
        self.blobs_dir = blobs_dir
        self.partial_dir = partial_dir
        self.temp_dir = temp_dir

    def path(self, digest: str) -> str:
        return f"{self.blobs_dir}/{digests.hex_of(digest)}"

    def has(self, digest: str) -> bool:
        return os.path.exists(self.path(digest))

    def size(self, digest: str) -> int:
        return os.stat(self.path(digest)).st_size

    def open(self, digest: str) -> BinaryIO:
        return open(self.path(digest), "rb")

    def read(self, digest: str) -> bytes:
        with self.open(digest) as file:
            return file.read()

    def add(self, content: bytes) -> str:
        """Store some bytes; their digest."""
        digest = digests.of(content)
        if not self.has(digest):
            with self.writer() as writer:
                writer.write(content)
                writer.commit()
        return digest

    def writer(self) -> Writer:
        """A blob whose digest is known when it ends; leaving the block without commit() drops it."""
        os.makedirs(self.temp_dir, 0o700, exist_ok=True)
        return Writer(self, f"{self.temp_dir}/blob-{os.getpid()}-{os.urandom(6).hex()}")

    def partial(self, digest: str) -> Partial:
        """The unfinished download of a blob. Waits while another process is downloading the same one."""
        return Partial(self, digest)

    def drop_partials(self) -> int:
        """Delete unfinished downloads that nobody is working on; how many bytes that freed."""
        freed = 0
        try:
            names = os.listdir(self.partial_dir)
        except FileNotFoundError:
            return 0
        for name in names:
            path = f"{self.partial_dir}/{name}"
            try:
                fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                freed += os.fstat(fd).st_size
                os.unlink(path)
            except (BlockingIOError, FileNotFoundError):
                continue
            finally:
                os.close(fd)
        return freed

    def remove(self, digest: str) -> int:
        """Delete a blob; how many bytes of disk that freed."""
        try:
            size = os.stat(self.path(digest)).st_blocks * 512
            os.unlink(self.path(digest))
        except FileNotFoundError:
            return 0
        return size


class Writer:
    """A file being written: write() hashes as it goes, commit() names it by its digest."""

    def __init__(self, store: ContentStore, path: str) -> None:
        self._store = store
        self._path = path
        self._file = open(path, "xb", buffering=0)
        self._hash = digests.hasher("sha256:")
        self.size = 0

    def write(self, chunk: bytes) -> int:
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)
        return len(chunk)

    def commit(self) -> str:
        """Sync, rename into the store; the digest."""
        os.fdatasync(self._file.fileno())
        self._file.close()
        digest = "sha256:" + self._hash.hexdigest()
        os.rename(self._path, self._store.path(digest))
        return digest

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        try:
            os.unlink(self._path)
        except FileNotFoundError:
            pass


class Partial:
    """One download of one blob, as a context manager; the lock on its file ends with the process at the latest.

    finished  another process completed the blob while we waited: there is nothing to do
    offset    how many bytes are there already
    """

    def __init__(self, store: ContentStore, digest: str) -> None:
        self._store = store
        self.digest = digest
        self._path = f"{store.partial_dir}/{digests.hex_of(digest)}"
        self._fd = -1
        self._hash = digests.hasher(digest)
        self.offset = 0
        self.finished = False

    def __enter__(self) -> Partial:
        os.makedirs(self._store.partial_dir, 0o700, exist_ok=True)
        while True:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                if os.stat(self._path).st_ino == os.fstat(self._fd).st_ino:
                    break
            except FileNotFoundError:
                pass
            os.close(self._fd)
        self.finished = self._store.has(self.digest)
        if self.finished:
            os.unlink(self._path)
        return self

    def existing(self) -> Iterator[bytes]:
        """The bytes of an earlier try, which go into the hash; call it once, before the first write."""
        os.lseek(self._fd, 0, os.SEEK_SET)
        while chunk := os.read(self._fd, _CHUNK):
            self._hash.update(chunk)
            self.offset += len(chunk)
            yield chunk

    def write(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            view = view[os.write(self._fd, view) :]
        self._hash.update(chunk)
        self.offset += len(chunk)

    def commit(self) -> None:
        """Check the digest, sync, and put the blob into the store. Raises DigestMismatch, and forgets what was received."""
        actual = f"{self.digest.partition(':')[0]}:{self._hash.hexdigest()}"
        if actual != self.digest:
            self.discard()
            raise DigestMismatch(self.digest, actual)
        os.fdatasync(self._fd)
        os.rename(self._path, self._store.path(self.digest))

    def discard(self) -> None:
        """Forget what was received, so that the next try begins anew."""
        os.ftruncate(self._fd, 0)
        os.lseek(self._fd, 0, os.SEEK_SET)
        self._hash = digests.hasher(self.digest)
        self.offset = 0

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
