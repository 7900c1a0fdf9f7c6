"""docker save: an OCI layout that is a docker archive, too (index.json and blobs/, manifest.json and repositories).

Blobs that are kept as a registry gave them go out as they are, with the manifest they belong to, so that its digest survives;
layers made here go out as plain tars.
"""

from __future__ import annotations

import json
import os
import tarfile

from dockercompat.engine.image import layers, stack, store
from dockercompat.engine.system import events
from dockercompat.errors import DockerError, NotFound
from dockercompat.spec import digest as digests
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import (
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    Descriptor,
    Manifest,
    chain_ids,
    make_manifest,
    parse_document,
)
from dockercompat.spec.reference import parse, parse_canonical
from dockercompat.storage.pack import pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol

    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.store import ImageRecord
    from dockercompat.spec.reference import Reference

    class Writer(Protocol):
        def write(self, data: bytes, /) -> object: ...


_BLOBS = "blobs/sha256"


def save(engine: Engine, refs: Sequence[str], out: Writer, *, platform: str = "") -> None:
    """Write images as one tar stream. A name without a tag means all tags of the repository; an ID is saved without a name.

    Raises  NoSuchImage, InvalidReference before anything is written
    """
    wanted: dict[str, list[Reference]] = {}
    images: dict[str, ImageRecord] = {}
    for ref in refs:
        image, names = _named(engine, ref)
        for each in image:
            images[each.id] = each
            known = wanted.setdefault(each.id, [])
            known += [name for name in names.get(each.id, []) if name not in known]
            if platform and not platforms.is_exactly(platforms.parse(platform), each.document.platform):
                raise NotFound(f"no suitable export target found for platform {platforms.parse(platform)}")
    archive = _Archive(engine, out)
    for image_id, names_of_image in wanted.items():
        archive.add(images[image_id], names_of_image)
        events.record(engine, "image", "save", image_id, {"name": image_id})
    archive.finish()


def _named(engine: Engine, ref: str) -> tuple[list[ImageRecord], dict[str, list[Reference]]]:
    """The images that a word names, and the names each of them is saved under."""
    image = store.find(engine, ref)
    if image.id.startswith(ref) or image.id.partition(":")[2].startswith(ref):
        return [image], {}
    reference = parse(ref)
    if reference.digest:
        return [image], {}
    if reference.tag:
        return [image], {image.id: [reference]}
    names: dict[str, list[Reference]] = {}
    for row in engine.db.all("SELECT reference, image_id FROM tags ORDER BY reference"):
        name = parse_canonical(row[0])
        if name.repository == reference.repository:
            names.setdefault(row[1], []).append(name)
    return [store.by_id(engine, image_id) for image_id in names], names


class _Archive:
    """The tar being written."""

    def __init__(self, engine: Engine, out: Writer) -> None:
        self._engine = engine
        self._out = out
        self._written: set[str] = set()
        self._index: list[dict[str, Any]] = []
        self._manifest: list[dict[str, Any]] = []
        self._repositories: dict[str, dict[str, str]] = {}
        self._directory("blobs")
        self._directory(_BLOBS)

    def add(self, image: ImageRecord, names: Sequence[Reference]) -> None:
        stack.layer_dirs(self._engine, image)
        self._blob(image.id, image.document.raw)
        manifest = self._kept_manifest(image)
        if manifest is None:
            blobs = [self._plain_layer(diff_id) for diff_id in image.diff_ids]
            manifest = make_manifest(OCI_MANIFEST, Descriptor(OCI_CONFIG, image.id, len(image.document.raw)), blobs)
        else:
            content = layers.content(self._engine)
            for blob in manifest.layers:
                self._file(blob.digest, content.path(blob.digest))
        self._blob(manifest.digest, manifest.raw)
        descriptor = {"mediaType": manifest.media_type, "digest": manifest.digest, "size": len(manifest.raw)}
        for name in names:
            annotations = {"io.containerd.image.name": name.canonical, "org.opencontainers.image.ref.name": name.tag}
            self._index.append({**descriptor, "annotations": annotations})
            chain = chain_ids(image.diff_ids)
            self._repositories.setdefault(name.familiar_name, {})[name.tag] = digests.hex_of(chain[-1] if chain else image.id)
        if not names:
            self._index.append(descriptor)
        self._manifest.append(
            {
                "Config": f"{_BLOBS}/{digests.hex_of(image.id)}",
                "RepoTags": [name.familiar for name in names] or None,
                "Layers": [f"{_BLOBS}/{digests.hex_of(blob.digest)}" for blob in manifest.layers],
                "LayerSources": {diff_id: blob.to_json() for diff_id, blob in zip(image.diff_ids, manifest.layers)},
            }
        )

    def finish(self) -> None:
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": self._index}
        self._bytes("index.json", _json(index))
        self._bytes("manifest.json", _json(self._manifest))
        self._bytes("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
        if self._repositories:
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
