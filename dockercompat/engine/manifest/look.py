"""An image as its registry has it, with the images and the attestations in it: what `buildx imagetools inspect` shows."""

from __future__ import annotations

from dockercompat import json
from dockercompat.distribution import transfer
from dockercompat.distribution.failures import RegistryError
from dockercompat.engine.manifest.inspect import client_for
from dockercompat.errors import ClientError, DockerError
from dockercompat.record import Record
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import DOCKER_INDEX, OCI_INDEX, Descriptor
from dockercompat.spec.reference import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.distribution.client import RegistryClient
    from dockercompat.engine.engine import Engine
    from dockercompat.spec.reference import Reference

INDEXES = (OCI_INDEX, DOCKER_INDEX)
_OF = "vnd.docker.reference.digest"
_KIND = "vnd.docker.reference.type"
_PREDICATE = "in-toto.io/predicate-type"
_ORDER = ("mediaType", "digest", "size", "urls", "annotations", "data", "platform", "artifactType")


class Looked(Record):
    """A manifest or an index. document: its JSON; raw: as received."""

    reference: Reference
    raw: bytes
    media_type: str
    digest: str
    document: Mapping[str, Any]

    @property
    def is_index(self) -> bool:
        return self.media_type in INDEXES

    @property
    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.raw)}

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The descriptors of an index, their members in the image-spec's order."""
        return [ordered(each) for each in self.document.get("manifests") or ()]


def ordered(descriptor: Mapping[str, Any]) -> dict[str, Any]:
    return {name: descriptor[name] for name in _ORDER if name in descriptor}


def look(engine: Engine, ref: str | Reference) -> Looked:
    """Fetch what a name stands for. Raises ClientError in buildx's words, InvalidReference, Unavailable."""
    reference = (parse(ref) if isinstance(ref, str) else ref).tagged
    client = client_for(engine, reference, False)
    return fetch(client, reference, reference.tag_or_digest)


def fetch(client: RegistryClient, reference: Reference, tag_or_digest: str) -> Looked:
    """Raises ClientError when there is none."""
    try:
        document = client.manifest(reference.path, tag_or_digest)
    except RegistryError as error:
        if error.status == 404:
            raise ClientError(f"{reference.canonical}: not found") from None
        raise ClientError(str(error)) from None
    try:
        fields = json.loads(document.raw)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise ClientError(f"{reference.canonical}: the manifest is no JSON")
    media_type = str(fields.get("mediaType") or document.media_type)
    return Looked(reference, document.raw, media_type, document.digest, fields)


class Images:
    """The images in a manifest or an index, and what is attested of them."""

    def __init__(self, engine: Engine, looked: Looked) -> None:
        self.looked = looked
        self.client = client_for(engine, looked.reference, False)
        self.by_platform: dict[str, dict[str, Any]] = {}
        self._digests: dict[str, str] = {}
        self._read()

    def _read(self) -> None:
        if not self.looked.is_index:
            config = self._config(self.looked)
            self._add(platforms.from_json(config), self.looked.digest, config)
            return
        for entry in self.looked.entries:
            if (entry.get("annotations") or {}).get(_KIND):
                continue
            part = fetch(self.client, self.looked.reference, entry["digest"])
            if part.is_index or "config" not in part.document:
                continue
            config = self._config(part)
            self._add(platforms.from_json(entry.get("platform") or config), entry["digest"], config)

    def _add(self, platform: Any, digest: str, config: dict[str, Any]) -> None:
        self.by_platform[str(platform)] = config
        self._digests[str(platform)] = digest

    def _config(self, looked: Looked) -> dict[str, Any]:
        blob = Descriptor.from_json(looked.document.get("config") or {})
        made = json.loads(transfer.fetch(self.client, looked.reference.path, blob))
        return made if isinstance(made, dict) else {}

    def statements(self, prefix: str) -> dict[str, list[Any]]:
        """Predicates whose type begins with a prefix, by platform; [] where there are none."""
        found: dict[str, list[Any]] = {name: [] for name in self.by_platform}
        for entry in self.looked.entries if self.looked.is_index else ():
            annotations = entry.get("annotations") or {}
            for name, digest in self._digests.items():
                if annotations.get(_OF) == digest and annotations.get(_KIND) == "attestation-manifest":
                    found[name] += self._predicates(entry["digest"], prefix)
        return found

    def _predicates(self, digest: str, prefix: str) -> list[Any]:
        part = fetch(self.client, self.looked.reference, digest)
        found = []
        for layer in part.document.get("layers") or ():
            if str((layer.get("annotations") or {}).get(_PREDICATE, "")).startswith(prefix):
                try:
                    statement = json.loads(transfer.fetch(self.client, part.reference.path, Descriptor.from_json(layer)))
                except (ValueError, DockerError):
                    continue
                found.append(statement.get("predicate"))
        return found
