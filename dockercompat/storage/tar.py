"""Tar streams: a fast reader (ustar, pax, GNU long names, sparse files, base-256 numbers), a deterministic writer, decompression.

Python's own tarfile takes several times as long for the thousands of small files of an image.
"""

from __future__ import annotations

import io
import time

from dockercompat.errors import InvalidLayer
from dockercompat.spec import digest as digests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO, Protocol, cast

    from _typeshed import WriteableBuffer

    class Writer(Protocol):
        def write(self, data: bytes, /) -> object: ...

else:

    def cast(_, value):
        return value


_CHUNK = 1 << 20
BLOCK = 512
_ZERO_BLOCK = bytes(BLOCK)
_MAX_META = 16 << 20  # of one pax header or long name
_LAST_S = 1 << 40
_PATIENCE_S = 2.0


class Stream:
    """A changeset read by a thread that also hashes it, so that decompression and sha256 run beside the writing of files."""

    def __init__(self, source: BinaryIO) -> None:
        import queue
        import threading

        self._source = source
        self._chunks: queue.Queue[bytes | BaseException] = queue.Queue(maxsize=8)
        self._stopped = False
        self._chunk = memoryview(b"")
        self._at = 0
        self._ended = False
        self.digest = digests.hasher("sha256:")
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def _pump(self) -> None:
        try:
            while not self._stopped:
                data = self._source.read(_CHUNK)
                if data:
                    self.digest.update(data)
                self._chunks.put(data)
                if not data:
                    return
        except BaseException as error:
            self._chunks.put(error)

    def _next(self) -> bool:
        if self._ended:
            return False
        item = self._chunks.get()
        if isinstance(item, BaseException):
            self._ended = True
            raise item
        self._chunk = memoryview(item)
        self._at = 0
        self._ended = not item
        return not self._ended

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Exactly size bytes, as they come. Raises InvalidLayer when the stream ends before."""
        while size:
            have = len(self._chunk) - self._at
            if not have:
                if not self._next():
                    raise InvalidLayer("unexpected EOF")
                continue
            take = have if have < size else size
            piece = self._chunk[self._at : self._at + take]
            self._at += take
            size -= take
            yield piece

    def read(self, size: int) -> bytes:
        at = self._at
        if at + size <= len(self._chunk):
            self._at = at + size
            return bytes(self._chunk[at : at + size])
        return b"".join(self.pieces(size))

    def skip(self, size: int) -> None:
        at = self._at + size
        if at <= len(self._chunk):
            self._at = at
            return
        for _ in self.pieces(size):
            pass

    def pad(self, size: int) -> None:
        """Skip what fills the last block of size bytes of data; a stream may end in it, as those of docker's client do."""
        left = -size % BLOCK
        while left:
            take = min(left, len(self._chunk) - self._at)
            self._at += take
            left -= take
            if left and not self._next():
                return

    def header(self) -> bytes:
        """The next block, or b"" at the end of the stream."""
        while self._at == len(self._chunk):
            if not self._next():
                return b""
        return self.read(BLOCK)

    def finish(self) -> str:
        """Read to the very end and return the digest."""
        while self._next():
            pass
        self._thread.join()
        return "sha256:" + self.digest.hexdigest()

    def stop(self) -> None:
        """End the reading thread after a failure. One that waits for a source that is silent is left to end when it speaks."""
        import queue

        self._stopped = True
        deadline = time.monotonic() + _PATIENCE_S
        while self._thread.is_alive() and time.monotonic() < deadline:
            try:
                self._chunks.get(timeout=0.05)
            except queue.Empty:
                continue


class Entry:
    """One member of a tar stream. mtime_ns as recorded; xattrs by name; sparse is the map of data pieces, or None."""

    __slots__ = ("devmajor", "devminor", "gid", "link", "mode", "mtime_ns", "name", "size", "sparse", "stored", "type", "uid", "xattrs")

    name: bytes
    type: bytes
    mode: int
    uid: int
    gid: int
    size: int
    stored: int
    mtime_ns: int
    link: bytes
    devmajor: int
    devminor: int
    xattrs: dict[str, bytes]
    sparse: list[tuple[int, int]] | None


_NO_XATTRS: dict[str, bytes] = {}


def _number(field: bytes) -> int:
    """An octal or base-256 number of a header."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ~(0x80 << (8 * (len(field) - 1)))
        if field[0] & 0x40:
            value -= 1 << (8 * len(field) - 1)
        return value
    text = field.partition(b"\0")[0].strip()
    try:
        return int(text, 8) if text else 0
    except ValueError:
        raise InvalidLayer("archive/tar: invalid tar header") from None


def _check_sum(header: bytes) -> None:
    expected = _number(header[148:156])
    if sum(header) - sum(header[148:156]) + 256 != expected:
        signed = sum(b - 256 if b > 127 else b for b in header[:148] + header[156:]) + 256
        if signed != expected:
            raise InvalidLayer("archive/tar: invalid tar header")


def _pax_records(data: bytes) -> dict[str, bytes]:
    records: dict[str, bytes] = {}
    sparse: list[bytes] = []
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 20)
        try:
            end = at + int(data[at:space])
        except ValueError:
            end = 0
        if space < 0 or end <= space or end > len(data) or data[end - 1 : end] != b"\n":
            raise InvalidLayer("archive/tar: invalid tar header")
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not equals:
            raise InvalidLayer("archive/tar: invalid tar header")
        name = key.decode("utf-8", "surrogateescape")
        if name in ("GNU.sparse.offset", "GNU.sparse.numbytes"):  # version 0.0 repeats these keys
            sparse.append(value)
        else:
            records[name] = value
        at = end
    if sparse:
        records["GNU.sparse.map"] = b",".join(sparse)
    return records


def _pax_time(text: bytes) -> int:
    whole, _, fraction = text.partition(b".")
    try:
        ns = int(whole or b"0") * 1_000_000_000
        part = int(fraction[:9].ljust(9, b"0")) if fraction else 0
    except ValueError:
        raise InvalidLayer("archive/tar: invalid tar header") from None
    return ns - part if whole.startswith(b"-") else ns + part


def _pax_number(text: bytes) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidLayer("archive/tar: invalid tar header") from None


def _sparse_pairs(numbers: list[int], size: int) -> list[tuple[int, int]]:
    pairs = list(zip(numbers[::2], numbers[1::2]))
    at = 0
    for offset, length in pairs:
        if offset < at or length < 0 or offset + length > size:
            raise InvalidLayer("archive/tar: invalid sparse file map")
        at = offset + length
    return pairs


def _old_sparse(stream: Stream, header: bytes) -> tuple[list[int], int]:
    numbers: list[int] = []

    def take(block: bytes, at: int, count: int) -> None:
        for place in range(at, at + 24 * count, 24):
            if block[place] == 0:
                return
            numbers.extend((_number(block[place : place + 12]), _number(block[place + 12 : place + 24])))

    take(header, 386, 4)
    more = header[482]
    while more:
        block = stream.read(BLOCK)
        take(block, 0, 21)
        more = block[504]
    return numbers, _number(header[483:495])


def _new_sparse(stream: Stream, entry: Entry, pax: dict[str, bytes]) -> None:
    """GNU sparse files in pax headers: versions 0.0 and 0.1 keep the map in the header, 1.0 before the data."""
    if "GNU.sparse.name" in pax:
        entry.name = pax["GNU.sparse.name"]
    size = _pax_number(pax.get("GNU.sparse.realsize") or pax.get("GNU.sparse.size") or b"0")
    if pax.get("GNU.sparse.major") == b"1":
        text = b""
        lines: list[bytes] = []
        wanted = 1
        while len(lines) < wanted:
            if entry.stored < BLOCK or len(text) > _MAX_META:
                raise InvalidLayer("archive/tar: invalid sparse file map")
            text += stream.read(BLOCK)
            entry.stored -= BLOCK
            lines = text.split(b"\n")[:-1]
            if lines:
                wanted = 1 + 2 * _pax_number(lines[0])
        numbers = [_pax_number(line) for line in lines[1:wanted]]
    else:
        numbers = [_pax_number(n) for n in pax["GNU.sparse.map"].split(b",") if n]
    entry.size = size
    entry.sparse = _sparse_pairs(numbers, size)


def entries(stream: Stream) -> Iterator[Entry]:
    """The members of a tar stream; the caller reads entry.stored bytes plus padding of each before asking for the next."""
    long_name: bytes | None = None
    long_link: bytes | None = None
    pax: dict[str, bytes] = {}
    while True:
        header = stream.header()
        if not header or header == _ZERO_BLOCK:
            return
        _check_sum(header)
        kind = header[156:157]
        size = _number(header[124:136])
        if kind in (b"x", b"g", b"L", b"K"):
            if not 0 <= size <= _MAX_META:
                raise InvalidLayer("archive/tar: header field too long")
            data = stream.read(size)
            stream.pad(size)
            if kind == b"x":
                pax = _pax_records(data)
            elif kind == b"L":
                long_name = data.partition(b"\0")[0]
            elif kind == b"K":
                long_link = data.partition(b"\0")[0]
            continue
        entry = Entry()
        entry.type = kind
        entry.mode = _number(header[100:108]) & 0o7777
        entry.uid = _number(header[108:116])
        entry.gid = _number(header[116:124])
        entry.mtime_ns = _number(header[136:148]) * 1_000_000_000
        entry.link = header[157:257].partition(b"\0")[0]
        entry.name = header[:100].partition(b"\0")[0]
        entry.xattrs = _NO_XATTRS
        entry.sparse = None
        if kind in (b"3", b"4"):
            entry.devmajor = _number(header[329:337])
            entry.devminor = _number(header[337:345])
        if header[257:263] == b"ustar\0" and header[345]:
            entry.name = header[345:500].partition(b"\0")[0] + b"/" + entry.name
        if long_name is not None:
            entry.name = long_name
            long_name = None
        if long_link is not None:
            entry.link = long_link
            long_link = None
        if pax:
            entry.name = pax.get("path") or entry.name
            entry.link = pax.get("linkpath") or entry.link
            if "size" in pax:
                size = _pax_number(pax["size"])
            if "uid" in pax:
                entry.uid = _pax_number(pax["uid"])
            if "gid" in pax:
                entry.gid = _pax_number(pax["gid"])
            if pax.get("mtime"):
                entry.mtime_ns = _pax_time(pax["mtime"])
            xattrs = {key[13:]: value for key, value in pax.items() if key.startswith("SCHILY.xattr.")}
            if xattrs:
                entry.xattrs = xattrs
        if size < 0:
            raise InvalidLayer("archive/tar: invalid tar header")
        entry.size = entry.stored = size
        if kind in (b"1", b"2", b"3", b"4", b"5", b"6"):
            entry.size = entry.stored = 0
        elif kind == b"S":
            numbers, real = _old_sparse(stream, header)
            entry.size = real
            entry.sparse = _sparse_pairs(numbers, real)
            entry.type = b"0"
        elif pax and ("GNU.sparse.map" in pax or pax.get("GNU.sparse.major") == b"1"):
            _new_sparse(stream, entry, pax)
        if kind == b"\0":
            entry.type = b"5" if entry.name.endswith(b"/") else b"0"
        elif kind == b"7":
            entry.type = b"0"
        pax = {}
        if b"\0" in entry.name or b"\0" in entry.link:
            raise InvalidLayer("archive/tar: invalid tar header")
        if abs(entry.mtime_ns) > _LAST_S * 1_000_000_000:
            entry.mtime_ns = 0
        yield entry


class TarWriter:
    """Writes entries in pax form, the same bytes for the same entries: no names of owners, whole seconds, records only where needed.

    latest_s  what later times are written as; only_s: what all times are written as
    hashed    off: the digest is nobody's business, and `finish` gives that of nothing
    """

    def __init__(self, out: Writer, *, latest_s: int | None = None, only_s: int | None = None, hashed: bool = True) -> None:
        self._hashed = hashed
        self._out = out
        self._latest_s = latest_s
        self._only_s = only_s
        self._parts: list[bytes] = []
        self._size = 0
        self._digest = digests.hasher("sha256:")

    def header(
        self,
        name: bytes,
        kind: bytes,
        *,
        mode: int,
        uid: int = 0,
        gid: int = 0,
        size: int = 0,
        mtime_s: int = 0,
        link: bytes = b"",
        device: tuple[int, int] = (0, 0),
        xattrs: dict[str, bytes] | None = None,
        records: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        """Begin an entry; size bytes of data follow. records: more of its pax header."""
        if self._latest_s is not None and mtime_s > self._latest_s:
            mtime_s = self._latest_s
        if self._only_s is not None:
            mtime_s = self._only_s
        pax: list[tuple[bytes, bytes]] = list(records)
        if len(name) > 100:
            pax.append((b"path", name))
        if len(link) > 100:
            pax.append((b"linkpath", link))
        if uid > 0o7777777:
            pax.append((b"uid", b"%d" % uid))
            uid = 0
        if gid > 0o7777777:
            pax.append((b"gid", b"%d" % gid))
            gid = 0
        field_size = size
        if size > 0o77777777777:
            pax.append((b"size", b"%d" % size))
            field_size = 0
        if not 0 <= mtime_s <= 0o77777777777:
            pax.append((b"mtime", b"%d" % mtime_s))
            mtime_s = 0
        if xattrs:
            pax.extend((b"SCHILY.xattr." + key.encode("utf-8", "surrogateescape"), xattrs[key]) for key in sorted(xattrs))
        if pax:
            data = b"".join(_pax_record(key, value) for key, value in pax)
            self.write(_header(b"PaxHeaders.0/" + name.rstrip(b"/").rpartition(b"/")[2][:80], b"x", 0o644, 0, 0, len(data), 0, b"", (0, 0)))
            self.write(data + bytes(-len(data) % BLOCK))
        self.write(_header(name[:100], kind, mode, uid, gid, field_size, mtime_s, link[:100], device))

    def write(self, data: bytes) -> None:
        self._parts.append(data)
        self._size += len(data)
        if self._size >= _CHUNK:
            self._flush()

    def pad(self, size: int) -> None:
        """Fill the last block of an entry of so many bytes."""
        if size % BLOCK:
            self.write(bytes(-size % BLOCK))

    def _flush(self) -> None:
        data = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        if self._hashed:
            self._digest.update(data)
        self._out.write(data)

    def finish(self) -> str:
        """Write the end of the archive and return the digest of all of it."""
        self.write(bytes(2 * BLOCK))
        self._flush()
        return "sha256:" + self._digest.hexdigest()


def _pax_record(key: bytes, value: bytes) -> bytes:
    base = len(key) + len(value) + 3
    size = base + len(str(base))
    size = base + len(str(size))
    return b"%d %s=%s\n" % (size, key, value)


_HEADER_REST = b"ustar\x0000" + bytes(64)


def _header(
    name: bytes, kind: bytes, mode: int, uid: int, gid: int, size: int, mtime_s: int, link: bytes, device: tuple[int, int]
) -> bytes:
    start = name.ljust(100, b"\0") + b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (mode, uid, gid, size, mtime_s)
    end = kind + link.ljust(100, b"\0") + _HEADER_REST + b"%07o\0%07o\0" % device + bytes(167)
    return start + b"%06o\0 " % (sum(start) + sum(end) + 256) + end


class Rejoined(io.RawIOBase):
    """A stream whose first bytes were taken off to look at them. Closing it leaves the rest open."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._rest.read(size)
        if size < 0:
            data, self._head = self._head + self._rest.read(), b""
        elif size <= len(self._head):
            data, self._head = self._head[:size], self._head[size:]
        else:
            data, self._head = self._head + self._rest.read(size - len(self._head)), b""
        return data

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def readable(self) -> bool:
        return True


def open_compressed(file: BinaryIO) -> BinaryIO:
    """The uncompressed bytes of a stream, by its first bytes: gzip, bzip2, xz, zstd, or as it is.

    file  read only forward, and perhaps somewhat beyond the compressed data; not closed
    """
    head = b""
    while len(head) < 6:
        more = file.read(6 - len(head))
        if not more:
            break
        head += more
    plain = cast("BinaryIO", Rejoined(head, file))
    if head[:3] == b"\x1f\x8b\x08":
        try:
            from isal import igzip
        except ImportError:  # no build for this machine: slower
            import gzip

            return cast("BinaryIO", gzip.GzipFile(fileobj=plain, mode="rb"))
        return cast("BinaryIO", igzip.IGzipFile(fileobj=plain, mode="rb"))  # type: ignore[no-untyped-call]
    if head[:3] == b"BZh":
        import bz2

        return cast("BinaryIO", bz2.BZ2File(plain))
    if head[:6] == b"\xfd7zXZ\0":
        import lzma

        return cast("BinaryIO", lzma.LZMAFile(plain))
    if head[:4] == b"\x28\xb5\x2f\xfd" or (head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F):
        import zstandard

        return zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(plain, read_across_frames=True)
    return plain
