"""docker manifest inspect: a manifest as a registry has it, or one of a list that is being put together."""

from __future__ import annotations

from dockercompat.distribution.client import RegistryClient
from dockercompat.distribution.credentials import CredentialStore, key_of
from dockercompat.distribution.failures import RegistryError
from dockercompat.engine.manifest import store
from dockercompat.engine.manifest.store import Member
from dockercompat.errors import ClientError, NotFound
from dockercompat.record import Record
from dockercompat.spec.image import Descriptor, ImageConfig, Index, Manifest, parse_document
from dockercompat.spec.reference import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
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
        if not local:
            raise NotFound(f"no such manifest: {parse(list_ref).tagged.canonical}")
    elif local:
        return Found(b"", True, tuple(local))
    client = client_for(engine, reference, insecure)
    try:
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


def client_for(engine: Engine, reference: Reference, insecure: bool) -> RegistryClient:
    policy = engine.registries
    if insecure:
        policy = policy.replace(insecure=(*policy.insecure, reference.domain))
    return RegistryClient(reference.domain, CredentialStore(engine.paths.config_dir).get(key_of(reference.domain)), policy=policy)


def fetch_member(engine: Engine, reference: Reference, insecure: bool) -> Member:
    """A single manifest with the platform its config names. Raises NotFound, ClientError for a list."""
    client = client_for(engine, reference, insecure)
    try:
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
    return Member(reference.name_only.replace(digest=entry.digest).canonical, entry, document.raw)


def _member(client: RegistryClient, reference: Reference, manifest: Manifest) -> Member:
    from dockercompat.distribution import transfer

    platform = ImageConfig.parse(transfer.fetch(client, reference.path, manifest.config)).platform
    return Member(reference.canonical, Descriptor(manifest.media_type, manifest.digest, len(manifest.raw), platform), manifest.raw)
