"""An image as a registry is given it when it is more than one manifest: annotations, several platforms, attestations.

Spec    OCI image-spec (manifest, image-index, annotations); BuildKit docs/attestations/attestation-storage; in-toto Statement v0.1
"""

from __future__ import annotations

from dockercompat import json
from dockercompat.record import Record
from dockercompat.spec import digest as digests
from dockercompat.spec.image import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD, OCI_MANIFEST, Descriptor, ImageConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

LEVELS = ("manifest", "manifest-descriptor", "index", "index-descriptor")
IN_TOTO = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v0.1"


class Annotation(Record):
    """level: one of LEVELS; platform "" means every one."""

    level: str
    platform: str
    key: str
    value: str


class Statement(Record):
    """What is attested of an image: a predicate, as JSON text, of a kind that a URI names."""

    predicate_type: str
    predicate: str


class Part(Record):
    """The image of one platform. layers: descriptors of its blobs, base first."""

    config: ImageConfig
    layers: tuple[Descriptor, ...]
    statements: tuple[Statement, ...] = ()


class Document(Record):
    """Bytes to be put under their digest."""

    media_type: str
    raw: bytes

    @property
    def digest(self) -> str:
        return digests.of(self.raw)

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, self.digest, len(self.raw))


class Assembled(Record):
    """blobs: small ones besides layers; manifests: what top refers to; manifest_of: the image's own, one a part; top: what a tag names."""

    blobs: tuple[Document, ...]
    manifests: tuple[Document, ...]
    own: tuple[Document, ...]
    top: Document
    annotations: tuple[tuple[str, str], ...] = ()  # of a descriptor of top


def assemble(parts: Sequence[Part], annotations: Sequence[Annotation] = (), names: Sequence[str] = ()) -> Assembled:
    """The documents of one image; an index when there are several parts, or attestations.

    names  canonical references, for the subjects of attestations
    """
    blobs: list[Document] = []
    manifests: list[Document] = []
    own: list[Document] = []
    entries: list[Descriptor] = []
    attested: list[Descriptor] = []
    for part in parts:
        platform = str(part.config.platform)
        config = Document(OCI_CONFIG, part.config.raw)
        layers = [layer.replace(media_type=_oci_type(layer.media_type)) for layer in part.layers]
        manifest = _manifest(config.descriptor, layers, _chosen(annotations, "manifest", platform))
        blobs.append(config)
        manifests.append(manifest)
        own.append(manifest)
        described = _chosen(annotations, "manifest-descriptor", platform)
        entries.append(manifest.descriptor.replace(platform=part.config.platform, annotations=tuple(sorted(described.items()))))
        if part.statements:
            attestation, contents = _attestation(part, manifest, names)
            blobs += contents
            manifests.append(attestation)
            attested.append(
                attestation.descriptor.replace(
                    platform=part.config.platform.replace(os="unknown", architecture="unknown", variant="", os_version="", os_features=()),
                    annotations=(
                        ("vnd.docker.reference.digest", manifest.digest),
                        ("vnd.docker.reference.type", "attestation-manifest"),
                    ),
                )
            )
    outer = tuple(sorted(_chosen(annotations, "index-descriptor", "").items()))
    if len(entries) == 1 and not attested and not _chosen(annotations, "index", ""):
        outer = tuple(sorted({**dict(outer), **dict(entries[0].annotations)}.items()))
        return Assembled(tuple(blobs), (), tuple(own), manifests[0], outer)
    fields: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [entry.to_json() for entry in (*entries, *attested)],
    }
    index_annotations = _chosen(annotations, "index", "")
    if index_annotations:
        fields["annotations"] = index_annotations
    return Assembled(tuple(blobs), tuple(manifests), tuple(own), _document(OCI_INDEX, fields), outer)


def _manifest(config: Descriptor, layers: Sequence[Descriptor], annotations: dict[str, str]) -> Document:
    fields: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": config.to_json(),
        "layers": [layer.to_json() for layer in layers],
    }
    if annotations:
        fields["annotations"] = annotations
    return _document(OCI_MANIFEST, fields)


def _attestation(part: Part, manifest: Document, names: Sequence[str]) -> tuple[Document, list[Document]]:
    """The attestation manifest of an image, and its blobs: a config that says nothing, and a statement for each predicate."""
    platform = str(part.config.platform)
    subject = [{"name": f"{purl(name, platform)}", "digest": _plain(manifest.digest)} for name in names] or [
        {"name": "_", "digest": _plain(manifest.digest)}
    ]
    statements = [
        Document(
            IN_TOTO,
            _compact(
                {
                    "_type": _STATEMENT,
                    "predicateType": each.predicate_type,
                    "subject": subject,
                    "predicate": json.loads(each.predicate),
                }
            ),
        )
        for each in part.statements
    ]
    config = Document(
        OCI_CONFIG,
        _compact(
            {
                "architecture": "unknown",
                "os": "unknown",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [each.digest for each in statements]},
            }
        ),
    )
    layers = [
        made.descriptor.replace(annotations=(("in-toto.io/predicate-type", each.predicate_type),))
        for made, each in zip(statements, part.statements)
    ]
    return _manifest(config.descriptor, layers, {}), [config, *statements]


def purl(name: str, platform: str, digest: str = "") -> str:
    """A package URL of an image: `pkg:docker/busybox@latest?platform=linux%2Famd64`. name: canonical reference."""
    from urllib.parse import quote

    from dockercompat.spec.reference import parse

    reference = parse(name)
    version = f"@{quote(reference.tag, safe='')}" if reference.tag else ""
    query = f"digest={digest}&" if digest else ""
    return f"pkg:docker/{quote(reference.familiar_name, safe='/')}{version}?{query}platform={quote(platform, safe='')}"


def _chosen(annotations: Sequence[Annotation], level: str, platform: str) -> dict[str, str]:
    found = [each for each in annotations if each.level == level and each.platform in ("", platform)]
    return {each.key: each.value for each in sorted(found, key=lambda each: (each.key, bool(each.platform)))}


def _oci_type(media_type: str) -> str:
    if media_type.endswith("zstd"):
        return OCI_LAYER_ZSTD
    return OCI_LAYER_GZIP if media_type.endswith("gzip") else OCI_LAYER


def _document(media_type: str, fields: dict[str, Any]) -> Document:
    return Document(media_type, json.dumps(fields, indent=2, ensure_ascii=False).encode())


def _compact(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(digest: str) -> dict[str, str]:
    return {"sha256": digests.hex_of(digest)}
