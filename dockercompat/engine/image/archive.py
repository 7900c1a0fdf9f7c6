"""An OCI layout that is a docker archive, too, written as one tar stream (index.json and blobs/, manifest.json and repositories).

Blobs that are kept as a registry gave them go out as they are, with the manifest they belong to, so that its digest survives.
"""

from __future__ import annotations

import os
import tarfile

from dockercompat import json
from dockercompat.engine.image import extras, layers, stack, store
from dockercompat.engine.image.compress import compress_layer
from dockercompat.errors import DockerError
from dockercompat.spec import digest as digests
from dockercompat.spec.image import (
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_LAYER_GZIP,
    OCI_MANIFEST,
    Descriptor,
    Manifest,
    chain_ids,
    make_manifest,
    parse_document,
)
from dockercompat.spec.image_set import Part, assemble
from dockercompat.storage.pack import pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol

    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.store import ImageRecord
    from dockercompat.spec.image_set import Assembled
    from dockercompat.spec.reference import Reference

    class Writer(Protocol):
        def write(self, data: bytes, /) -> object: ...


_BLOBS = "blobs/sha256"


class Archive:
    """The tar being written.

    docker  also with manifest.json and repositories
    gzip    layers made here are compressed, as registries get them
    """

    def __init__(self, engine: Engine, out: Writer, *, docker: bool = True, gzip: bool = False) -> None:
        self._docker = docker
        self._gzip = gzip
        self._engine = engine
        self._out = out
        self._written: set[str] = set()
        self._index: list[dict[str, Any]] = []
        self._manifest: list[dict[str, Any]] = []
        self._repositories: dict[str, dict[str, str]] = {}
        self._directory("blobs")
        self._directory(_BLOBS)

    def add(self, image: ImageRecord, names: Sequence[Reference]) -> None:
        """One image as it is known here, under some names."""
        said = extras.of(self._engine, image.id)
        if said != extras.Extras():
            self.add_set(image, extras.images(self._engine, image, said), said, names)
            return
        self._blob(image.id, image.document.raw)
        manifest = self._kept_manifest(image)
        if manifest is None:
            blobs = self._layers(image)
            manifest = make_manifest(OCI_MANIFEST, Descriptor(OCI_CONFIG, image.id, len(image.document.raw)), blobs)
        else:
            content = layers.content(self._engine)
            for blob in manifest.layers:
                self._file(blob.digest, content.path(blob.digest))
        self._blob(manifest.digest, manifest.raw)
        self._enter(Descriptor(manifest.media_type, manifest.digest, len(manifest.raw)), image, manifest.layers, names)

    def add_set(self, image: ImageRecord, members: Sequence[ImageRecord], said: extras.Extras, names: Sequence[Reference]) -> Assembled:
        """An image with annotations, platforms or attestations; what was made of them."""
        statements = dict(said.statements)
        parts = [Part(each.document, tuple(self._layers(each)), statements.get(each.id, ())) for each in members]
        made = assemble(parts, said.annotations, [name.canonical for name in names])
        for document in (*made.blobs, *made.manifests, made.top):
            self._blob(document.digest, document.raw)
        own = next((part for part, member in zip(parts, members) if member.id == image.id), parts[0])
        descriptor = made.top.descriptor
        if not made.manifests:
            descriptor = descriptor.replace(platform=image.document.platform)
        self._enter(descriptor.replace(annotations=made.annotations), image, own.layers, names)
        return made

    def _layers(self, image: ImageRecord) -> list[Descriptor]:
        stack.layer_dirs(self._engine, image)
        return [self._gzip_layer(each) if self._gzip else self._plain_layer(each) for each in image.diff_ids]

    def _enter(self, descriptor: Descriptor, image: ImageRecord, blobs: Sequence[Descriptor], names: Sequence[Reference]) -> None:
        """Note an image in index.json and in docker's own lists."""
        given = dict(descriptor.annotations)
        for name in names:
            annotations = {"io.containerd.image.name": name.canonical, "org.opencontainers.image.ref.name": name.tag, **given}
            self._index.append(descriptor.replace(annotations=tuple(sorted(annotations.items()))).to_json())
            chain = chain_ids(image.diff_ids)
            self._repositories.setdefault(name.familiar_name, {})[name.tag] = digests.hex_of(chain[-1] if chain else image.id)
        if not names:
            self._index.append(descriptor.to_json())
        self._manifest.append(
            {
                "Config": f"{_BLOBS}/{digests.hex_of(image.id)}",
                "RepoTags": [name.familiar for name in names] or None,
                "Layers": [f"{_BLOBS}/{digests.hex_of(blob.digest)}" for blob in blobs],
                "LayerSources": {diff_id: blob.to_json() for diff_id, blob in zip(image.diff_ids, blobs)},
            }
        )

    def finish(self) -> None:
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": self._index}
        self._bytes("index.json", _json(index))
        if self._docker:
            self._bytes("manifest.json", _json(self._manifest))
        self._bytes("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        if self._docker and self._repositories:
            self._bytes("repositories", _json(self._repositories))
        self._out.write(bytes(2 * tarfile.BLOCKSIZE))

    def _kept_manifest(self, image: ImageRecord) -> Manifest | None:
        """The manifest that the image came with, when all its layers are kept as they came."""
        raw = store.manifest_of(self._engine, image.id)
        if not raw:
            return None
        manifest = parse_document(raw)
        content = layers.content(self._engine)
        if (
            isinstance(manifest, Manifest)
            and manifest.config.digest == image.id
            and all(content.has(blob.digest) for blob in manifest.layers)
        ):
            return manifest
        return None

    def _plain_layer(self, diff_id: str) -> Descriptor:
        """Write a layer as an uncompressed tar: from the kept blob when the directory can't give the same bytes."""
        path = f"{self._engine.paths.temp_dir}/blob-{os.getpid()}-{os.urandom(6).hex()}"
        try:
            with open(path, "xb") as file:
                packed = pack(stack.layer_dir(self._engine, diff_id), file)
            if packed != diff_id:
                self._unpack_kept(diff_id, path)
            size = os.stat(path).st_size
            self._file(diff_id, path)
        finally:
            if os.path.exists(path):
                os.unlink(path)
        return Descriptor(OCI_LAYER, diff_id, size)

    def _gzip_layer(self, diff_id: str) -> Descriptor:
        """Write a layer compressed: as it is kept, else packed now."""
        content = layers.content(self._engine)
        for row in self._engine.db.all("SELECT digest, media_type, size_bytes FROM layer_blobs WHERE diff_id = ? AND kept = 1", (diff_id,)):
            if content.has(row[0]):
                self._file(row[0], content.path(row[0]))
                return Descriptor(row[1] or OCI_LAYER_GZIP, row[0], row[2])
        path = f"{self._engine.paths.temp_dir}/blob-{os.getpid()}-{os.urandom(6).hex()}"
        try:
            digest, size = compress_layer(stack.layer_dir(self._engine, diff_id), path, diff_id)
            self._file(digest, path)
        finally:
            if os.path.exists(path):
                os.unlink(path)
        return Descriptor(OCI_LAYER_GZIP, digest, size)

    def _unpack_kept(self, diff_id: str, path: str) -> None:
        import shutil

        from dockercompat.storage.tar import open_compressed

        content = layers.content(self._engine)
        for row in self._engine.db.all("SELECT digest FROM layer_blobs WHERE diff_id = ?", (diff_id,)):
            if content.has(row[0]):
                with content.open(row[0]) as blob, open(path, "wb") as file:
                    shutil.copyfileobj(open_compressed(blob), file, 1 << 20)
                return
        raise DockerError(f"layer {diff_id} cannot be saved: its directory was changed")

    def _directory(self, name: str) -> None:
        entry = tarfile.TarInfo(name + "/")
        entry.type = tarfile.DIRTYPE
        entry.mode = 0o755
        self._header(entry)

    def _blob(self, digest: str, content: bytes) -> None:
        if digest not in self._written:
            self._written.add(digest)
            self._bytes(f"{_BLOBS}/{digests.hex_of(digest)}", content)

    def _file(self, digest: str, path: str) -> None:
        if digest in self._written:
            return
        self._written.add(digest)
        entry = tarfile.TarInfo(f"{_BLOBS}/{digests.hex_of(digest)}")
        entry.size = os.stat(path).st_size
        self._header(entry)
        with open(path, "rb") as file:
            while chunk := file.read(1 << 20):
                self._out.write(chunk)
        self._pad(entry.size)

    def _bytes(self, name: str, content: bytes) -> None:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        self._header(entry)
        self._out.write(content)
        self._pad(entry.size)

    def _header(self, entry: tarfile.TarInfo) -> None:
        self._out.write(entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))

    def _pad(self, size: int) -> None:
        self._out.write(bytes(-size % tarfile.BLOCKSIZE))


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
