"""Documents of images: OCI image-spec and Docker's schema 2. A record keeps the bytes it came from, since digests are over bytes."""

from __future__ import annotations

from dockercompat import json
from dockercompat.errors import InvalidParameter
from dockercompat.record import Record
from dockercompat.spec import digest as digests
from dockercompat.spec import platform as platforms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.spec.platform import Platform

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"

INDEX_TYPES = (DOCKER_INDEX, OCI_INDEX)
MANIFEST_TYPES = (DOCKER_MANIFEST, OCI_MANIFEST)
ZERO_TIME = "0001-01-01T00:00:00Z"
EMPTY_LAYER_DIFF_ID = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"


class Descriptor(Record):
    """A content elsewhere: what it is, its digest, its size in bytes as stored."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: tuple[tuple[str, str], ...] = ()
    urls: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Descriptor:
        """Raises InvalidParameter when the digest is malformed or missing."""
        digest = fields.get("digest")
        if not isinstance(digest, str) or not digests.is_digest(digest):
            raise InvalidParameter(f"invalid manifest: {digest!r} is no digest")
        platform = fields.get("platform")
        return cls(
            str(fields.get("mediaType") or ""),
            digest,
            int(fields.get("size") or 0),
            platforms.from_json(platform) if isinstance(platform, dict) else None,
            tuple((str(k), str(v)) for k, v in (fields.get("annotations") or {}).items()),
            tuple(fields.get("urls") or ()),
        )

    def to_json(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        if self.annotations:
            fields["annotations"] = dict(self.annotations)
        if self.platform is not None:
            fields["platform"] = self.platform.to_json()
        if self.urls:
            fields["urls"] = list(self.urls)
        return fields


class Manifest(Record):
    """One image as a registry has it."""

    raw: bytes  # as received: a digest is over these bytes, never over a document written anew
    media_type: str
    config: Descriptor
    layers: tuple[Descriptor, ...]  # base first

    @property
    def digest(self) -> str:
        return digests.of(self.raw)


class Index(Record):
    """Several manifests, usually one a platform (docker: manifest list)."""

    raw: bytes
    media_type: str
    manifests: tuple[Descriptor, ...]

    @property
    def digest(self) -> str:
        return digests.of(self.raw)

    def choose(self, wanted: Platform) -> Descriptor | None:
        """The entry for a platform; attestations (platform unknown/unknown) are never chosen."""
        entries = [entry for entry in self.manifests if entry.platform is not None and entry.platform.os != "unknown"]
        number = platforms.choose(wanted, [entry.platform for entry in entries if entry.platform is not None])
        if number >= 0:
            return entries[number]
        plain = [entry for entry in self.manifests if entry.platform is None]
        return plain[0] if plain and not entries else None


def check_readable(raw: bytes, media_type: str = "", *, image: bool = False) -> None:
    """Raises InvalidParameter, in docker's words, for what is no JSON object, and for docker's manifest without its media type.

    image  also for a manifest of something that is no image
    """
    from dockercompat.spec import go_json

    kind = media_type.partition(";")[0].strip()
    known = kind in INDEX_TYPES or kind in MANIFEST_TYPES
    try:
        fields = go_json.loads(raw.decode(errors="replace"))
    except go_json.InvalidJson as error:
        raise InvalidParameter(str(error) if known else f"error unmarshalling content: {error}") from None
    if not isinstance(fields, dict):
        raise InvalidParameter("invalid manifest: not an object")
    if kind in (DOCKER_MANIFEST, DOCKER_INDEX) and fields.get("schemaVersion") != 1 and fields.get("mediaType") != kind:
        what = "manifest list" if kind == DOCKER_INDEX else "manifest"
        raise InvalidParameter(f"mediaType in {what} should be '{kind}' not '{fields.get('mediaType') or ''}'")
    if image and "manifests" not in fields and isinstance(fields.get("config"), dict):
        check_kind(Manifest(raw, kind, Descriptor(str(fields["config"].get("mediaType") or ""), "", 0), ()))


def check_kind(manifest: Manifest) -> None:
    """Raises InvalidParameter for a manifest of something that is no image."""
    kind = manifest.config.media_type
    if kind not in (DOCKER_CONFIG, OCI_CONFIG, "application/octet-stream", ""):
        raise InvalidParameter(f'Encountered remote "{kind}"(unknown) when fetching')


def parse_document(raw: bytes, media_type: str = "") -> Manifest | Index:
    """A manifest or an index, told apart by its own mediaType, else by the given one, else by its keys.

    Raises  InvalidParameter when it is neither, and for schema 1
    """
    check_readable(raw, media_type)
    fields = json.loads(raw)
    if fields.get("schemaVersion") == 1 or media_type.startswith("application/vnd.docker.distribution.manifest.v1"):
        raise InvalidParameter(
            "Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed. "
            "Please contact the admin of the registry to have the image converted to version 2, schema 2 or to the OCI format"
        )
    own = fields.get("mediaType") or ""
    kind = own or (media_type.partition(";")[0].strip() if media_type else "")
    if kind in INDEX_TYPES or (kind not in MANIFEST_TYPES and "manifests" in fields):
        entries = fields.get("manifests") or []
        return Index(raw, kind if kind in INDEX_TYPES else OCI_INDEX, tuple(Descriptor.from_json(each) for each in entries))
    if not isinstance(fields.get("config"), dict) or not isinstance(fields.get("layers"), list):
        raise InvalidParameter(f"unsupported manifest media type {kind or 'unknown'}")
    return Manifest(
        raw,
        kind if kind in MANIFEST_TYPES else OCI_MANIFEST,
        Descriptor.from_json(fields["config"]),
        tuple(Descriptor.from_json(each) for each in fields["layers"]),
    )


def make_manifest(media_type: str, config: Descriptor, layers: Sequence[Descriptor]) -> Manifest:
    """A manifest written as docker writes it: three spaces of indentation."""
    fields = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": _size_first(config),
        "layers": [_size_first(layer) for layer in layers],
    }
    raw = json.dumps(fields, indent=3, separators=(",", ": ")).encode()
    return Manifest(raw, media_type, config, tuple(layers))


def _size_first(blob: Descriptor) -> dict[str, Any]:
    """A descriptor in the order of docker's own manifests."""
    fields = blob.to_json()
    return {"mediaType": fields.pop("mediaType"), "size": fields.pop("size"), **fields}


class ImageConfig(Record):
    """What an image says about itself. The image's ID is the digest of raw."""

    raw: bytes
    fields: dict[str, Any]

    @classmethod
    def parse(cls, raw: bytes) -> ImageConfig:
        """Raises InvalidParameter when the bytes are no image config."""
        try:
            fields = json.loads(raw)
        except ValueError as error:
            raise InvalidParameter(f"invalid image config: {error}") from None
        if not isinstance(fields, dict) or not isinstance((fields.get("rootfs") or {}).get("diff_ids", []), list):
            raise InvalidParameter("invalid image config")
        return cls(raw, fields)

    @classmethod
    def make(cls, fields: dict[str, Any]) -> ImageConfig:
        """A config written anew, keys sorted as Go's encoder does for docker's own."""
        return cls(json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode(), fields)

    @property
    def image_id(self) -> str:
        return digests.of(self.raw)

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """Layers, base first."""
        return tuple((self.fields.get("rootfs") or {}).get("diff_ids") or ())

    @property
    def config(self) -> dict[str, Any]:
        """What a container is started with: Env, Cmd, Entrypoint, User, ..."""
        return self.fields.get("config") or {}

    @property
    def platform(self) -> Platform:
        return platforms.from_json(self.fields)

    @property
    def history(self) -> list[dict[str, Any]]:
        return self.fields.get("history") or []


def new_config(
    *,
    config: Mapping[str, Any],
    diff_ids: Sequence[str],
    history: Sequence[Mapping[str, Any]],
    created: str,
    platform: Platform,
    author: str = "",
    comment: str = "",
    extra: Mapping[str, Any] | None = None,
) -> ImageConfig:
    """The config of an image made here.

    config   Env, Cmd, ... with docker's key spelling
    history  entries with created, created_by, author, comment, empty_layer
    extra    further top-level keys (docker_version, container, container_config)
    """
    fields: dict[str, Any] = {"architecture": platform.architecture}
    if author:
        fields["author"] = author
    if comment:
        fields["comment"] = comment
    fields["config"] = dict(config)
    fields["created"] = created
    fields["history"] = [dict(entry) for entry in history]
    fields["os"] = platform.os
    fields["rootfs"] = {"type": "layers", "diff_ids": list(diff_ids)}
    if platform.variant:
        fields["variant"] = platform.variant
    if extra:
        fields.update(extra)
    return ImageConfig.make(fields)


def chain_ids(diff_ids: Sequence[str]) -> list[str]:
    """The chain IDs of a stack of layers, base first (image-spec config.md, Layer ChainID)."""
    chains: list[str] = []
    for diff_id in diff_ids:
        chains.append(digests.of(f"{chains[-1]} {diff_id}".encode()) if chains else diff_id)
    return chains
