"""Moving blobs: downloads that go on where they broke off, uploads that skip, mount or send in pieces."""

from __future__ import annotations

import io
import time

from dockercompat.distribution.client import read_pieces
from dockercompat.distribution.failures import RegistryError
from dockercompat.errors import DigestMismatch, NoAnswer, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO, Protocol

    from dockercompat.distribution.client import RegistryClient
    from dockercompat.spec.image import Descriptor

    class Partial(Protocol):
        """Where a download is kept: see storage.content.Partial."""

        offset: int

        def existing(self) -> Iterator[bytes]: ...
        def write(self, chunk: bytes) -> None: ...
        def commit(self) -> None: ...
        def discard(self) -> None: ...


PIECE = 1 << 18
_CHUNK = 8 << 20  # of an upload
_TRIES = 6
_SILENCES = 2  # of a minute each, without a byte between them
_BACK_OFF_S = 0.25
_BACK_OFF_MAX_S = 10.0


def download(client: RegistryClient, path: str, blob: Descriptor, partial: Partial) -> Iterator[bytes]:
    """Yield a blob's bytes while they arrive and are kept; when it ends normally, the blob is whole, verified and stored.

    What an earlier command left is yielded first. A connection that breaks is made again, from the byte where it broke.
    Raises  DigestMismatch, RegistryError, Unavailable after several tries without a byte
    """
    yield from partial.existing()
    failures = 0
    while partial.offset < blob.size or not blob.size:
        before = partial.offset
        try:
            response, start = client.open_blob(path, blob.digest, partial.offset)
            with response:
                skip = partial.offset - start
                for piece in read_pieces(response, PIECE):
                    if skip >= len(piece):
                        skip -= len(piece)
                        continue
                    if skip:
                        piece, skip = piece[skip:], 0
                    if blob.size and partial.offset + len(piece) > blob.size:
                        partial.discard()
                        raise DigestMismatch(blob.digest, f"more than {blob.size} bytes")
                    partial.write(piece)
                    yield piece
            if not blob.size:
                break
            if partial.offset < blob.size:
                raise Unavailable(f"the connection to the registry broke after {partial.offset} of {blob.size} bytes")
        except Unavailable as error:
            failures = 1 if partial.offset > before else failures + 1
            if failures >= (_SILENCES if isinstance(error, NoAnswer) else _TRIES):
                raise
            time.sleep(min(_BACK_OFF_S * 2 ** (failures - 1), _BACK_OFF_MAX_S))
    partial.commit()


def fetch(client: RegistryClient, path: str, blob: Descriptor) -> bytes:
    """A small blob (a config) as a whole. Raises DigestMismatch."""
    memory = io.BytesIO()
    fetch_into(client, path, blob, memory)
    return memory.getvalue()


def fetch_into(client: RegistryClient, path: str, blob: Descriptor, file: BinaryIO) -> None:
    """Download a blob into an empty file that can seek. Raises DigestMismatch."""
    for _ in download(client, path, blob, _Spool(blob, file)):
        continue


def copy(
    origin: RegistryClient, source_path: str, target: RegistryClient, target_path: str, blob: Descriptor, *, temp_dir: str, url: str = ""
) -> None:
    """Carry a blob from one repository to another, through a file, since a layer may be larger than memory.

    temp_dir  where the file is, without a name
    url       of an upload that has been begun already
    """
    import tempfile

    with tempfile.TemporaryFile(dir=temp_dir) as file:
        fetch_into(origin, source_path, blob, file)
        upload(target, target_path, blob.digest, lambda: file, url=url)


class _Spool:
    """A download kept in a file that nobody else sees."""

    def __init__(self, blob: Descriptor, file: BinaryIO) -> None:
        self._digest = blob.digest
        self._file = file

    @property
    def offset(self) -> int:
        return self._file.tell()

    @offset.setter
    def offset(self, value: int) -> None:
        self._file.seek(value)
        self._file.truncate()

    def existing(self) -> Iterator[bytes]:
        return iter(())

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)

    def commit(self) -> None:
        from dockercompat.spec import digest as digests

        hasher = digests.hasher(self._digest)
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            hasher.update(piece)
        actual = f"{self._digest.partition(':')[0]}:{hasher.hexdigest()}"
        if actual != self._digest:
            raise DigestMismatch(self._digest, actual)

    def discard(self) -> None:
        self.offset = 0


def mount(client: RegistryClient, path: str, digest: str, candidates: Sequence[str]) -> tuple[str, str]:
    """Try to take a blob over from other repositories of the registry.

    Returns  (the repository it came from, "") or ("", the URL of an upload that was begun instead)
    """
    for candidate in candidates:
        try:
            url = client.mount_blob(path, digest, candidate)
        except RegistryError:
            continue  # no right to read there: the blob is sent
        return ("", url) if url else (candidate, "")
    return "", ""


def upload(
    client: RegistryClient,
    path: str,
    digest: str,
    open_blob: Callable[[], BinaryIO],
    *,
    url: str = "",
    progress: Callable[[int], None] | None = None,
) -> None:
    """Send a blob in pieces; a piece that got lost is sent again from where the registry stands.

    open_blob  opens the content, which must be able to seek
    url        of an upload that has been begun already
    progress   is told how many bytes have arrived
    """
    url = url or client.start_upload(path)
    failures = 0
    with open_blob() as file:
        offset = 0
        while True:
            file.seek(offset)
            chunk = file.read(_CHUNK)
            if not chunk:
                break
            try:
                url = client.upload_chunk(path, url, chunk, offset)
                offset += len(chunk)
                failures = 0
            except (Unavailable, RegistryError) as error:
                if isinstance(error, RegistryError) and error.status != 416 and error.status < 500:
                    raise
                failures += 1
                if failures >= _TRIES:
                    raise
                time.sleep(min(_BACK_OFF_S * 2 ** (failures - 1), _BACK_OFF_MAX_S))
                try:
                    offset, url = client.upload_offset(path, url)
                except RegistryError:
                    offset, url = 0, client.start_upload(path)
            if progress is not None:
                progress(offset)
    client.finish_upload(path, url, digest)
