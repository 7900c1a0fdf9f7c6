"""docker manifest push."""

from __future__ import annotations

from dockercompat import json
from dockercompat.distribution import transfer
from dockercompat.engine.manifest import store
from dockercompat.engine.manifest.inspect import check_domains, client_for
from dockercompat.errors import ClientError
from dockercompat.spec.image import DOCKER_INDEX, OCI_INDEX, OCI_MANIFEST, Manifest, parse_document
from dockercompat.spec.reference import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockercompat.distribution.client import RegistryClient
    from dockercompat.engine.engine import Engine
    from dockercompat.engine.manifest.store import Member
    from dockercompat.spec.reference import Reference


def push(engine: Engine, list_ref: str, *, purge: bool = False, insecure: bool = False) -> Iterator[str]:
    """Push a manifest list and what it refers to; yields a line for each manifest, and the digest of the list at the end.

    purge  forget the list afterwards
    """
    name = parse(list_ref).tagged
    members = store.members(engine, name)
    if not members:
        raise ClientError(f"No such manifest: {name.canonical}")
    check_domains(name, members, "")
    client = client_for(engine, name, insecure)
    for member in members:
        source = parse(member.ref)
        if source.path != name.path:
            digest = _send(engine, client, name, source, member)
            yield f"Pushed ref {name.name_only.replace(digest=digest).canonical} with digest: {digest}"
    raw, media_type = document(members)
    yield client.put_manifest(name.path, name.tag, raw, media_type)
    if purge:
        store.remove(engine, name)


def document(members: Sequence[Member]) -> tuple[bytes, str]:
    """(bytes, media type) of the list."""
    kind = OCI_INDEX if all(member.descriptor.media_type == OCI_MANIFEST for member in members) else DOCKER_INDEX
    fields = {"schemaVersion": 2, "mediaType": kind, "manifests": [_entry(member) for member in members]}
    return json.dumps(fields, indent=3, separators=(",", ": ")).encode(), kind


def _entry(member: Member) -> dict[str, object]:
    fields = member.descriptor.to_json()
    return {key: fields[key] for key in ("mediaType", "size", "digest", "platform") if key in fields}


def _send(engine: Engine, client: RegistryClient, name: Reference, source: Reference, member: Member) -> str:
    manifest = parse_document(member.raw, member.descriptor.media_type)
    if isinstance(manifest, Manifest):
        for blob in (manifest.config, *manifest.layers):
            if client.blob_size(name.path, blob.digest, for_push=True) >= 0:
                continue
            mounted, url = transfer.mount(client, name.path, blob.digest, [source.path])
            if not mounted:
                transfer.copy(client, source.path, client, name.path, blob, temp_dir=engine.paths.temp_dir, url=url)
    return client.put_manifest(name.path, member.descriptor.digest, member.raw, member.descriptor.media_type)
