"""One image out of several: an index over manifests that registries have already (`buildx imagetools create`)."""

from __future__ import annotations

from dockercompat import json
from dockercompat.distribution import transfer
from dockercompat.engine.manifest.inspect import client_for
from dockercompat.engine.manifest.look import INDEXES, Looked, fetch, look, ordered
from dockercompat.errors import ClientError
from dockercompat.record import Record
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import DOCKER_INDEX, OCI_INDEX, OCI_MANIFEST, Descriptor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from dockercompat.distribution.client import RegistryClient
    from dockercompat.engine.engine import Engine
    from dockercompat.spec.image_set import Annotation
    from dockercompat.spec.reference import Reference

_KIND = "vnd.docker.reference.type"
_OF = "vnd.docker.reference.digest"


class Source(Record):
    """A manifest that a name, or a digest in a repository, stands for. descriptor: what is known of it beforehand."""

    reference: Reference
    descriptor: dict[str, Any] | None = None


class Combined(Record):
    """The image to push. entries: its manifests, each with the source that it comes from; () when it is a copy of one."""

    raw: bytes
    media_type: str
    entries: tuple[tuple[dict[str, Any], Looked], ...]

    @property
    def digest(self) -> str:
        from dockercompat.spec import digest as digests

        return digests.of(self.raw)


def combine(
    engine: Engine,
    sources: Sequence[Source],
    *,
    annotations: Sequence[Annotation] = (),
    wanted: Sequence[str] = (),
    prefer_index: bool = True,
) -> Combined:
    """Put sources together.

    wanted        platforms that are to remain, () for all
    prefer_index  False: a single source is copied as it is
    Raises        ClientError
    """
    looked = [_resolve(engine, source) for source in sources]
    if len(looked) == 1 and not annotations and not wanted and (looked[0].is_index or not prefer_index):
        only = looked[0]
        return Combined(only.raw, only.media_type, tuple((entry, only) for entry in only.entries))
    entries: dict[str, tuple[dict[str, Any], Looked]] = {}
    inherited: dict[str, str] = {}
    for source, found in zip(sources, looked):
        if found.is_index:
            for entry in found.entries:
                entries.setdefault(entry["digest"], (entry, found))
            inherited.update(found.document.get("annotations") or {})
        else:
            entry = ordered({**found.descriptor, **(source.descriptor or {})})
            if "platform" not in entry:
                entry = ordered({**entry, "platform": _platform(engine, found)})
            entries.setdefault(entry["digest"], (entry, found))
    chosen = list(entries.values())
    if wanted:
        chosen = _of_platforms(chosen, wanted)
    is_oci = any(entry["mediaType"] == OCI_MANIFEST for entry, _ in chosen)
    if is_oci:
        for each in annotations:
            if each.level not in ("index", "manifest-descriptor"):
                raise ClientError(f'"{each.level}" annotations are not supported yet')
        chosen = [(_annotated(entry, annotations), found) for entry, found in chosen]
        inherited.update({each.key: each.value for each in annotations if each.level == "index"})
    document: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_INDEX if is_oci else DOCKER_INDEX}
    document["manifests"] = [entry for entry, _ in chosen]
    if is_oci and inherited:
        document["annotations"] = dict(sorted(inherited.items()))
    raw = json.dumps(document, indent=2, ensure_ascii=False).encode()
    return Combined(raw, document["mediaType"], tuple(chosen))


def _resolve(engine: Engine, source: Source) -> Looked:
    return look(engine, source.reference)


def _platform(engine: Engine, looked: Looked) -> dict[str, Any]:
    """The platform that the config of a manifest names."""
    client = client_for(engine, looked.reference, False)
    config = json.loads(transfer.fetch(client, looked.reference.path, Descriptor.from_json(looked.document.get("config") or {})))
    names = ("architecture", "os", "os.version", "os.features", "variant")
    return {name: config[name] for name in names if config.get(name)}


def _of_platforms(entries: list[tuple[dict[str, Any], Looked]], wanted: Sequence[str]) -> list[tuple[dict[str, Any], Looked]]:
    """Those for the platforms, and what is attested of them."""
    asked = [platforms.parse(text) for text in wanted]
    kept = [
        entry["digest"]
        for entry, _ in entries
        if entry.get("platform") and any(platforms.matches(each, platforms.from_json(entry["platform"])) for each in asked)
    ]
    if not kept:
        raise ClientError("none of the manifests match the provided platforms")
    return [each for each in entries if each[0]["digest"] in kept or (each[0].get("annotations") or {}).get(_OF) in kept]


def _annotated(entry: dict[str, Any], annotations: Sequence[Annotation]) -> dict[str, Any]:
    own = dict(entry.get("annotations") or {})
    platform = str(platforms.from_json(entry["platform"])) if entry.get("platform") else ""
    for each in annotations:
        if each.level == "manifest-descriptor" and each.platform in ("", platform):
            own[each.key] = each.value
    return ordered({**entry, "annotations": dict(sorted(own.items()))}) if own else entry


def push(engine: Engine, combined: Combined, target: Reference, say: Callable[[str], None]) -> None:
    """Copy what is missing to the target's repository, then name the image there."""
    client = client_for(engine, target, False)
    for entry, found in combined.entries:
        say(f"copying {entry['digest']} from {found.reference.canonical} to {target.canonical}")
    done: set[str] = set()
    for entry, found in combined.entries:
        _copy(engine, client, target, found, entry["digest"], done)
    say(f"pushing {combined.digest} to {target.canonical}")
    client.put_manifest(target.path, target.tag or combined.digest, combined.raw, combined.media_type)


def copy(engine: Engine, combined: Combined, source: Reference, target: Reference, say: Callable[[str], None]) -> None:
    """Push a copy of one manifest under a name."""
    client = client_for(engine, target, False)
    say(f"copying {combined.digest} from {source.canonical} to {target.canonical}")
    _copy(engine, client, target, look(engine, source), combined.digest, set())
    say(f"pushing {combined.digest} to {target.canonical}")
    client.put_manifest(target.path, target.tag or combined.digest, combined.raw, combined.media_type)


def _copy(engine: Engine, client: RegistryClient, target: Reference, found: Looked, digest: str, done: set[str]) -> None:
    """A manifest with all that it refers to."""
    if digest in done:
        return
    done.add(digest)
    source = found.reference
    if source.domain == target.domain and source.path == target.path:
        return
    origin = client_for(engine, source, False)
    part = found if found.digest == digest else fetch(origin, source, digest)
    if part.media_type in INDEXES:
        for entry in part.entries:
            _copy(engine, client, target, part, entry["digest"], done)
    for fields in (part.document.get("config"), *(part.document.get("layers") or ())):
        if fields:
            _copy_blob(engine, client, origin, source, target, Descriptor.from_json(fields))
    client.put_manifest(target.path, digest, part.raw, part.media_type)


def _copy_blob(
    engine: Engine, client: RegistryClient, origin: RegistryClient, source: Reference, target: Reference, blob: Descriptor
) -> None:
    if client.blob_size(target.path, blob.digest, for_push=True) >= 0:
        return
    url = ""
    if source.domain == target.domain:
        mounted, url = transfer.mount(client, target.path, blob.digest, [source.path])
        if mounted:
            return
    transfer.copy(origin, source.path, client, target.path, blob, temp_dir=engine.paths.temp_dir, url=url)
