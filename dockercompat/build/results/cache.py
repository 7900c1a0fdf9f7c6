"""Build cache given away: `--cache-to` a directory, a registry, or inside the image's own config.

Spec    BuildKit docs/cache-storage-backends
"""

from __future__ import annotations

import base64
import io
import os

from dockercompat import json
from dockercompat.build.solving import imported
from dockercompat.distribution import transfer
from dockercompat.engine.image import layers, stack
from dockercompat.engine.image.compress import compress_layer
from dockercompat.engine.image.pull import client_for
from dockercompat.engine.image.push import upload_layers
from dockercompat.errors import BuildFailed, DockerError
from dockercompat.record import Record
from dockercompat.spec import clock
from dockercompat.spec.image import OCI_LAYER_GZIP, OCI_MANIFEST, Descriptor
from dockercompat.spec.image_set import Document
from dockercompat.spec.reference import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dockercompat.build.planning.graph import Plan
    from dockercompat.build.request import Cache
    from dockercompat.build.solving.inputs import Outcome
    from dockercompat.build.solving.report import Reporter, Step
    from dockercompat.engine.engine import Engine


class Kept(Record):
    """A step's result: its cache key, the layer that it made and when."""

    key: str
    diff_id: str
    created_ns: int


def records(plans: Iterable[Plan], outcomes: Mapping[str, Outcome], *, everything: bool) -> list[Kept]:
    """What is to be kept of a build: the steps whose layers are in the results, or all of them (mode=max)."""
    found: dict[str, Kept] = {}
    for plan in plans:
        wanted = set(outcomes[plan.result].diff_ids)
        for vertex in plan.graph:
            outcome = outcomes.get(vertex.digest)
            if outcome is not None and outcome.key and (everything or outcome.diff_ids[-1] in wanted):
                found.setdefault(outcome.key, Kept(outcome.key, outcome.diff_ids[-1], outcome.created_ns))
    return list(found.values())


def inline(config: bytes, kept: Sequence[Kept]) -> bytes:
    """An image config with the records of its own layers in it."""
    fields = json.loads(config)
    numbers = {diff_id: number for number, diff_id in enumerate(fields["rootfs"]["diff_ids"])}
    told = [
        {"digest": f"sha256:{each.key}", "layers": [{"layer": numbers[each.diff_id], "createdAt": clock.format_ns(each.created_ns)}]}
        for each in kept
        if each.diff_id in numbers
    ]
    text = json.dumps({"records": told}, separators=(",", ":"))
    fields[imported.INLINE] = base64.b64encode(text.encode()).decode()
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def export(engine: Engine, cache: Cache, kept: Sequence[Kept], reporter: Reporter) -> None:
    """Write records and layers to a directory or a registry. Raises BuildFailed unless the cache says ignore-error."""
    try:
        if cache.type == "local":
            with reporter.step("exporting cache to client directory") as step:
                _to_directory(engine, cache, kept, step)
        else:
            with reporter.step("exporting cache to registry") as step:
                _to_registry(engine, cache, kept, step)
    except (DockerError, OSError) as error:
        if cache.get("ignore-error").lower() not in ("1", "true", "t"):
            raise BuildFailed(f"failed to solve: {error}") from None


def _documents(kept: Sequence[Kept], blobs: Mapping[str, Descriptor]) -> tuple[Document, Document]:
    """Config and manifest of a cache. blobs: by diff ID."""
    order = list(blobs)
    config = {
        "layers": [
            {
                "blob": blobs[diff_id].digest,
                "parent": -1,
                "annotations": {"mediaType": OCI_LAYER_GZIP, "diffID": diff_id, "size": blobs[diff_id].size},
            }
            for diff_id in order
        ],
        "records": [
            {
                "digest": f"sha256:{each.key}",
                "layers": [{"layer": order.index(each.diff_id), "createdAt": clock.format_ns(each.created_ns)}],
            }
            for each in kept
        ],
    }
    config_document = Document(imported.CONFIG, json.dumps(config, separators=(",", ":")).encode())
    created = {each.diff_id: clock.format_ns(each.created_ns) for each in kept}
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": config_document.descriptor.to_json(),
        "layers": [
            {
                **blobs[diff_id].replace(media_type=OCI_LAYER_GZIP).to_json(),
                "annotations": {imported.CREATED: created[diff_id], imported.DIFF_ID: diff_id},
            }
            for diff_id in order
        ],
    }
    return config_document, Document(OCI_MANIFEST, json.dumps(manifest, indent=2).encode())


def _to_directory(engine: Engine, cache: Cache, kept: Sequence[Kept], step: Step) -> None:
    top = cache.get("dest")
    os.makedirs(f"{top}/blobs/sha256", exist_ok=True)
    step.log("preparing build cache for export done")
    content = layers.content(engine)
    blobs: dict[str, Descriptor] = {}
    for diff_id in dict.fromkeys(each.diff_id for each in kept):
        rows = engine.db.all("SELECT digest, size_bytes FROM layer_blobs WHERE diff_id = ? AND kept = 1", (diff_id,))
        row = next((row for row in rows if content.has(row[0])), None)
        temporary = f"{top}/blobs/.{os.getpid()}-{os.urandom(4).hex()}"
        try:
            if row is not None:
                import shutil

                digest, size = row[0], row[1]
                shutil.copyfile(content.path(digest), temporary)
            else:
                digest, size = compress_layer(stack.layer_dir(engine, diff_id), temporary, diff_id)
            os.replace(temporary, f"{top}/blobs/{digest.replace(':', '/')}")
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)
        blobs[diff_id] = Descriptor(OCI_LAYER_GZIP, digest, size)
        step.log(f"writing layer {digest} done")
    config, manifest = _documents(kept, blobs)
    for document in (config, manifest):
        _write(f"{top}/blobs/{document.digest.replace(':', '/')}", document.raw)
    step.log(f"writing config {config.digest} done")
    index = imported.index_of(top)
    tag = cache.get("tag") or "latest"
    entry = manifest.descriptor.replace(annotations=(("org.opencontainers.image.ref.name", tag),)).to_json()
    others = [each for each in index["manifests"] if (each.get("annotations") or {}).get("org.opencontainers.image.ref.name") != tag]
    index["manifests"] = [*others, entry]
    _write(f"{top}/index.json", json.dumps(index, separators=(",", ":")).encode())
    _write(f"{top}/oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
    step.log(f"writing cache image manifest {manifest.digest} done")


def _to_registry(engine: Engine, cache: Cache, kept: Sequence[Kept], step: Step) -> None:
    name = parse(cache.get("ref")).tagged
    client = client_for(engine, name.domain)
    step.log("preparing build cache for export done")
    order = list(dict.fromkeys(each.diff_id for each in kept))
    blobs = dict(zip(order, upload_layers(engine, client, name, order)))
    for blob in blobs.values():
        step.log(f"writing layer {blob.digest} done")
    config, manifest = _documents(kept, blobs)
    if client.blob_size(name.path, config.digest, for_push=True) < 0:
        transfer.upload(client, name.path, config.digest, lambda: io.BytesIO(config.raw))
    step.log(f"writing config {config.digest} done")
    client.put_manifest(name.path, name.tag, manifest.raw, manifest.media_type)
    step.log(f"writing cache image manifest {manifest.digest} done")


def _write(path: str, content: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as file:
        file.write(content)
    os.replace(temporary, path)
