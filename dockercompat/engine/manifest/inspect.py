"""docker manifest inspect: a manifest as a registry has it, or one of a list that is being put together."""

from __future__ import annotations

from dockercompat.distribution.client import RegistryClient
from dockercompat.distribution.connection import Unreachable
from dockercompat.distribution.credentials import CredentialStore, key_of
from dockercompat.distribution.failures import RegistryError
from dockercompat.engine.manifest import store
from dockercompat.engine.manifest.store import Member
from dockercompat.errors import ClientError, NotFound, Unavailable
from dockercompat.record import Record
from dockercompat.spec.image import Descriptor, ImageConfig, Index, Manifest, parse_document
from dockercompat.spec.reference import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.engine import Engine
    from dockercompat.spec.reference import Reference


class Found(Record):
    """What a name means: the document itself, and every manifest in it with its platform."""

    raw: bytes
    is_index: bool
    members: tuple[Member, ...]


def inspect(engine: Engine, ref: str, *, list_ref: str = "", insecure: bool = False, verbose: bool = False) -> Found:
    """Look a manifest up.

    list_ref  a local list that ref is to be looked up in first
    verbose   fetch every manifest of an index
    Raises    NotFound "no such manifest: ...", InvalidReference, Unavailable
    """
    reference = parse(ref).tagged
    local = store.members(engine, parse(list_ref) if list_ref else reference)
    if list_ref:
        for member in local:
            if member.ref == reference.canonical:
                return Found(member.raw, False, (member,))
        raise NotFound(f"No such manifest: {reference.canonical}")
    if local:
        check_domains(reference, local)
        return Found(b"", True, tuple(local))
    client = client_for(engine, reference, insecure)
    try:
        _connect(client)
        document = client.manifest(reference.path, reference.tag_or_digest)
        parsed = parse_document(document.raw, document.media_type)
        if isinstance(parsed, Index):
            entries = parsed.manifests if verbose else ()
            return Found(parsed.raw, True, tuple(_fetch(client, reference, entry) for entry in entries))
        return Found(parsed.raw, False, (_member(client, reference, parsed),) if verbose else ())
    except RegistryError as error:
        if error.status in (401, 403, 404):
            raise ClientError(f"no such manifest: {reference.canonical}") from None
        raise


def check_domains(name: Reference, members: Sequence[Member], before: str = "failed to assemble ManifestDescriptor: ") -> None:
    """Raises ClientError when a manifest of a list lies in another registry than the list."""
    for member in members:
        domain = parse(member.ref).domain
        if domain != name.domain:
            raise ClientError(
                f"{before}cannot use source images from a different registry than the target image: {domain} != {name.domain}"
            )


def _connect(client: RegistryClient) -> None:
    """Raises ClientError, as docker's client says it, which asks registries for manifests by itself."""
    try:
        client.connect()
    except Unavailable as error:
        why = error.first if isinstance(error, Unreachable) else str(error)
        raise ClientError(f"failed to configure transport: error pinging v2 registry: {why}") from None


def client_for(engine: Engine, reference: Reference, insecure: bool) -> RegistryClient:
    policy = engine.registries
    if insecure:
        policy = policy.replace(insecure=(*policy.insecure, reference.domain))
    return RegistryClient(reference.domain, CredentialStore(engine.paths.config_dir).get(key_of(reference.domain)), policy=policy)


def fetch_member(engine: Engine, reference: Reference, insecure: bool) -> Member:
    """A single manifest with the platform its config names. Raises NotFound, ClientError for a list."""
    client = client_for(engine, reference, insecure)
    try:
        _connect(client)
        document = client.manifest(reference.path, reference.tag_or_digest)
        parsed = parse_document(document.raw, document.media_type)
        if isinstance(parsed, Index):
            raise ClientError(f"{reference.canonical} is a manifest list")
        return _member(client, reference, parsed)
    except RegistryError as error:
        if error.status in (401, 403, 404):
            raise ClientError(f"no such manifest: {reference.canonical}") from None
        raise


def _fetch(client: RegistryClient, reference: Reference, entry: Descriptor) -> Member:
    document = client.manifest(reference.path, entry.digest)
    return Member(f"{reference.name_only.canonical}{':' + reference.tag if reference.tag else ''}@{entry.digest}", entry, document.raw)


def _member(client: RegistryClient, reference: Reference, manifest: Manifest) -> Member:
    from dockercompat.distribution import transfer

    platform = ImageConfig.parse(transfer.fetch(client, reference.path, manifest.config)).platform
    return Member(reference.canonical, Descriptor(manifest.media_type, manifest.digest, len(manifest.raw), platform), manifest.raw)
