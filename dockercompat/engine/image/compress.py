"""Compressed forms of layers: for a push, and for layers that came as a tar which their directory can't reproduce."""

from __future__ import annotations

import os

from dockercompat.engine.image import layers, stack
from dockercompat.errors import DockerError, InvalidLayer
from dockercompat.spec.image import DOCKER_LAYER_GZIP
from dockercompat.storage.pack import layer_digest, pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from dockercompat.engine.engine import Engine
    from dockercompat.storage.extract import Extracted

_GZIP_LEVEL = 3


def install_plain(engine: Engine, changeset: BinaryIO, *, expected: str = "") -> Extracted:
    """Extract and record a changeset that came as a plain tar, so that its very bytes can be given out again.

    They are kept, compressed, when packing the directory would give others. What layers.install raises, and InvalidLayer for a
    stream that no decompressor understands
    """
    path = f"{engine.paths.temp_dir}/blob-{os.getpid()}-{os.urandom(6).hex()}"
    os.makedirs(engine.paths.temp_dir, 0o700, exist_ok=True)
    try:
        with open(path, "xb") as file:
            sink = GzipSink(file)
            try:
                extracted = layers.install(engine, _Tee(changeset, sink), expected=expected)  # type: ignore[arg-type]
            except (DockerError, OSError):
                raise
            except Exception as error:  # every decompressor has errors of its own
                raise InvalidLayer(str(error)) from None
            digest, size = sink.finish()
        layers.record(engine, extracted.diff_id, extracted.size_bytes)
        if layer_digest(stack.layer_dir(engine, extracted.diff_id)) != extracted.diff_id:
            os.rename(path, layers.content(engine).path(digest))
            layers.record_blob(engine, extracted.diff_id, digest, DOCKER_LAYER_GZIP, size, kept=True)
        return extracted
    finally:
        if os.path.exists(path):
            os.unlink(path)


class _Tee:
    """A stream whose bytes also go into a sink as they are read."""

    def __init__(self, source: BinaryIO, sink: GzipSink) -> None:
        self._source = source
        self._sink = sink

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        if data:
            self._sink.write(data)
        return data

    def readable(self) -> bool:
        return True


def compress_layer(layer_dir: str, path: str, diff_id: str) -> tuple[str, int]:
    """Write a layer as gzip into a file; the digest and size of that. The same layer gives the same bytes.

    Raises  DockerError when the directory is no longer what diff_id names
    """
    with open(path, "xb") as file:
        sink = GzipSink(file)
        packed = pack(layer_dir, sink)
        digest, size = sink.finish()
    if packed != diff_id:
        raise DockerError(f"layer {diff_id} cannot be packed: its directory gives {packed}")
    return digest, size


def _compressor() -> Any:
    """isal's, four times as fast; zlib's where that package has no build for this machine."""
    try:
        from isal import isal_zlib
    except ImportError:
        import zlib

        return zlib.compressobj(level=_GZIP_LEVEL, wbits=31)
    return isal_zlib.compressobj(level=_GZIP_LEVEL, wbits=31)


class GzipSink:
    """Compresses what is written to it into a file, hashing the result: no name and no time in the header."""

    def __init__(self, file: BinaryIO) -> None:
        import hashlib

        self._file = file
        self._hash = hashlib.sha256()
        self._compressor = _compressor()
        self._size = 0

    def write(self, data: bytes) -> None:
        self._put(self._compressor.compress(data))

    def _put(self, data: bytes) -> None:
        if data:
            self._file.write(data)
            self._hash.update(data)
            self._size += len(data)

    def finish(self) -> tuple[str, int]:
        """(digest, size) of the whole."""
        self._put(self._compressor.flush())
        return "sha256:" + self._hash.hexdigest(), self._size
