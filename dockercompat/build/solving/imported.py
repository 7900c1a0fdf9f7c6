"""Build cache that is kept elsewhere, as `--cache-from` names it: which steps it has, and their layers when one of them is asked for.

Spec    BuildKit docs/cache-storage-backends; cache records are BuildKit's envelope (cacheconfig v0) around this builder's keys
"""

from __future__ import annotations

import base64
import os

from dockercompat import json
from dockercompat.engine.image import layers, store
from dockercompat.errors import DockerError, InvalidReference
from dockercompat.record import Record
from dockercompat.spec import digest as digests
from dockercompat.spec.image import OCI_INDEX, Descriptor, Manifest, parse_document
from dockercompat.spec.reference import parse
from dockercompat.storage.tar import open_compressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.build.request import Cache
    from dockercompat.build.solving.report import Reporter
    from dockercompat.engine.engine import Engine

CONFIG = "application/vnd.buildkit.cacheconfig.v0"
INLINE = "moby.buildkit.cache.v0"
DIFF_ID = "containerd.io/uncompressed"
CREATED = "buildkit/createdat"


class Remote(Record):
    """The layer that a step gave. repository: canonical name, "" for a directory; both "": the layer is here."""

    diff_id: str
    blob: Descriptor
    repository: str = ""
    directory: str = ""


class Imported:
    """What all sources have, by cache key; the first source wins."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._records: dict[str, Remote] = {}

    def get(self, key: str) -> Remote | None:
        """The layer of a step, which may be far away."""
        return self._records.get(key)

    def bring(self, remote: Remote) -> bool:
        """Have a layer here; False when it can't be had any more."""
        if layers.claim(self._engine, remote.diff_id):
            return True
        try:
            if remote.repository:
                from dockercompat.engine.image.pull import pull_layer

                pull_layer(self._engine, remote.repository, remote.diff_id, remote.blob.digest, remote.blob.size)
            elif remote.directory:
                with open(_blob_path(remote.directory, remote.blob.digest), "rb") as file:
                    extracted = layers.install(self._engine, open_compressed(file), expected=remote.diff_id)
                layers.record(self._engine, remote.diff_id, extracted.size_bytes)
        except (DockerError, OSError, EOFError, ValueError):
            return False
        return layers.claim(self._engine, remote.diff_id)

    def add(self, cache: Cache, reporter: Reporter) -> None:
        """Read what a source has. One that can't be read is told and does no harm, as with BuildKit."""
        where = cache.get("src") if cache.type == "local" else cache.get("ref")
        failure: Exception | None = None
        with reporter.step(f"importing cache manifest from {'local:' if cache.type == 'local' else ''}{where}") as step:
            try:
                found = self._from_directory(cache) if cache.type == "local" else self._from_registry(where)
            except (DockerError, InvalidReference, OSError, ValueError) as error:
                failure = error
            else:
                for key, remote in found.items():
                    self._records.setdefault(key, remote)
                step.log("inferred cache manifest type: application/vnd.oci.image.manifest.v1+json done")
            if failure is not None:
                step.fail(f"failed to configure {cache.type} cache importer: {failure}")

    def _from_directory(self, cache: Cache) -> dict[str, Remote]:
        top = cache.get("src")
        with open(f"{top}/index.json", "rb") as file:
            entries = json.loads(file.read()).get("manifests") or []
        wanted = cache.get("digest")
        tag = cache.get("tag") or "latest"
        for entry in entries:
            named = (entry.get("annotations") or {}).get("org.opencontainers.image.ref.name")
            if entry.get("digest") == wanted or (not wanted and named == tag):
                manifest = parse_document(_read(top, entry["digest"]))
                if isinstance(manifest, Manifest):
                    config = json.loads(_read(top, manifest.config.digest))
                    return _records(config, manifest, directory=top)
        raise DockerError(f"{wanted or tag}: not found")

    def _from_registry(self, where: str) -> dict[str, Remote]:
        from dockercompat.distribution import transfer
        from dockercompat.engine.image.pull import client_for

        reference = parse(where).tagged
        image_id = store.named(self._engine, reference)
        if image_id:  # one that is here
            here = _inline(store.by_id(self._engine, image_id).document.fields, None, "")
            if here:
                return here
        client = client_for(self._engine, reference.domain)
        document = client.manifest(reference.path, reference.tag_or_digest)
        parsed = parse_document(document.raw, document.media_type)
        manifests = [parsed] if isinstance(parsed, Manifest) else []
        if not isinstance(parsed, Manifest):
            for entry in parsed.manifests:
                if entry.platform is None or entry.platform.os != "unknown":
                    part = parse_document(client.manifest(reference.path, entry.digest).raw)
                    manifests += [part] if isinstance(part, Manifest) else []
        found: dict[str, Remote] = {}
        for manifest in manifests:
            config = json.loads(transfer.fetch(client, reference.path, manifest.config))
            for key, remote in _records(config, manifest, repository=reference.repository).items():
                found.setdefault(key, remote)
        return found


def _records(config: Mapping[str, Any], manifest: Manifest, *, repository: str = "", directory: str = "") -> dict[str, Remote]:
    """Records of a cache manifest, or of an image that holds some."""
    if manifest.config.media_type != CONFIG:
        return _inline(config, manifest, repository)
    by_digest = {blob.digest: blob for blob in manifest.layers}
    blobs = []
    for entry in config.get("layers") or ():
        blob = by_digest.get(str(entry.get("blob")))
        blobs.append((str((entry.get("annotations") or {}).get("diffID") or ""), blob))
    found = {}
    for record in config.get("records") or ():
        for result in record.get("layers") or ():
            number = int(result.get("layer", -1))
            if 0 <= number < len(blobs):
                diff_id, blob = blobs[number]
                if blob is not None and digests.is_digest(diff_id):
                    found[str(record.get("digest")).removeprefix("sha256:")] = Remote(diff_id, blob, repository, directory)
    return found


def _inline(config: Mapping[str, Any], manifest: Manifest | None, repository: str) -> dict[str, Remote]:
    text = config.get(INLINE)
    if not isinstance(text, str):
        return {}
    diff_ids: Sequence[str] = (config.get("rootfs") or {}).get("diff_ids") or ()
    found = {}
    for record in json.loads(base64.b64decode(text)).get("records") or ():
        for result in record.get("layers") or ():
            number = int(result.get("layer", -1))
            if 0 <= number < len(diff_ids):
                blob = manifest.layers[number] if manifest is not None else Descriptor("", diff_ids[number], 0)
                found[str(record.get("digest")).removeprefix("sha256:")] = Remote(diff_ids[number], blob, repository)
    return found


def _blob_path(directory: str, digest: str) -> str:
    if not digests.is_digest(digest):
        raise DockerError(f"{digest!r} is no digest")
    return f"{directory}/blobs/{digest.replace(':', '/')}"


def _read(directory: str, digest: str) -> bytes:
    with open(_blob_path(directory, digest), "rb") as file:
        content = file.read()
    if digests.of(content) != digest:
        raise DockerError(f"{digest} is damaged")
    return content


def index_of(directory: str) -> dict[str, Any]:
    """The index of a cache directory, a new one where there is none."""
    if os.path.exists(f"{directory}/index.json"):
        with open(f"{directory}/index.json", "rb") as file:
            found: dict[str, Any] = json.loads(file.read())
            return found
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
