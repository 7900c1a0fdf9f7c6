"""GET /distribution/NAME/json: what a registry has under a name, without its layers."""

from __future__ import annotations

from dockercompat import json
from dockercompat.distribution import transfer
from dockercompat.distribution.failures import RegistryError
from dockercompat.engine.image.pull import client_for
from dockercompat.errors import DockerError, InvalidParameter, InvalidReference, NotFound, Unauthorized
from dockercompat.spec import digest as digests
from dockercompat.spec.image import DOCKER_INDEX, OCI_INDEX, Descriptor
from dockercompat.spec.reference import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.distribution.credentials import Credentials
    from dockercompat.engine.engine import Engine

_PLATFORM = ("architecture", "os", "os.version", "os.features", "variant")


def distribution(engine: Engine, ref: str, *, credentials: Credentials | None = None) -> dict[str, Any]:
    """The API's DistributionInspect: Descriptor and Platforms.

    credentials  None: those of the user's config.json
    Raises       InvalidParameter, NotFound, Unauthorized, RegistryError, Unavailable
    """
    if digests.is_digest(ref) or (len(ref) == 64 and digests.is_hex(ref)):
        raise DockerError("no manifest found for full image ID")
    try:
        reference = parse(ref).tagged
    except InvalidReference as error:
        raise InvalidParameter(str(error)) from None
    client = client_for(engine, reference.domain, credentials)
    try:
        found = client.manifest(reference.path, reference.tag_or_digest)
    except RegistryError as error:
        if error.status == 404:
            raise NotFound(str(error)) from None
        if error.status == 401:
            raise Unauthorized(str(error)) from None
        raise
    fields = _document(found.raw)
    media_type = str(fields.get("mediaType") or found.media_type)
    if media_type in (OCI_INDEX, DOCKER_INDEX) or "manifests" in fields:
        shown = [each.get("platform") for each in fields.get("manifests") or () if isinstance(each, dict)]
        platforms = [_platform(each) for each in shown if isinstance(each, dict)]
    else:
        config = transfer.fetch(client, reference.path, Descriptor.from_json(fields.get("config") or {}))
        platforms = [_platform(_document(config))]
    return {"Descriptor": {"mediaType": media_type, "digest": found.digest, "size": len(found.raw)}, "Platforms": platforms}


def _document(raw: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(raw)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise DockerError("the registry's answer is no JSON object")
    return fields


def _platform(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in _PLATFORM if fields.get(name) or name in ("architecture", "os")}
