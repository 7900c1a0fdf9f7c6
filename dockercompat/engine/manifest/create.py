"""docker manifest create, annotate and rm."""

from __future__ import annotations

from dockercompat.engine.manifest import store
from dockercompat.engine.manifest.inspect import fetch_member
from dockercompat.errors import ClientError
from dockercompat.spec.platform import Platform
from dockercompat.spec.reference import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.engine.engine import Engine


_ARCHITECTURES = {
    "darwin": ("386", "amd64", "arm", "arm64"),
    "dragonfly": ("amd64",),
    "freebsd": ("386", "amd64", "arm"),
    "linux": ("386", "amd64", "arm", "arm64", "mips64", "mips64le", "ppc64le", "riscv64", "s390x"),
    "netbsd": ("386", "amd64", "arm"),
    "openbsd": ("386", "amd64", "arm"),
    "plan9": ("386", "amd64"),
    "solaris": ("amd64",),
    "windows": ("386", "amd64"),
}


def create(engine: Engine, list_ref: str, refs: Sequence[str], *, amend: bool = False, insecure: bool = False) -> str:
    """Begin a manifest list of manifests that a registry has; its canonical name."""
    name = parse(list_ref).tagged
    if not amend and store.members(engine, name):
        raise ClientError("refusing to amend an existing manifest list with no --amend flag")
    found = [fetch_member(engine, parse(ref).tagged, insecure) for ref in refs]
    for member in found:
        store.put(engine, name, member)
    return name.canonical


def annotate(
    engine: Engine,
    list_ref: str,
    ref: str,
    *,
    os: str = "",
    arch: str = "",
    variant: str = "",
    os_version: str = "",
    os_features: Sequence[str] = (),
) -> None:
    """Change the platform that a list gives for one of its manifests; what is empty stays as it is."""
    name, wanted = parse(list_ref).tagged, parse(ref).tagged
    for member in store.members(engine, name):
        if member.ref == wanted.canonical:
            old = member.descriptor.platform or Platform("", "")
            platform = Platform(
                os or old.os,
                arch or old.architecture,
                variant or old.variant,
                os_version or old.os_version,
                tuple(dict.fromkeys((*old.os_features, *os_features))),
            )
            if platform.architecture not in _ARCHITECTURES.get(platform.os, ()):
                raise ClientError(f"manifest entry for image has unsupported os/arch combination: {os}/{arch}")
            store.put(engine, name, member.replace(descriptor=member.descriptor.replace(platform=platform)))
            return
    raise ClientError(f"manifest for image {ref} does not exist in {list_ref}")


def remove(engine: Engine, list_ref: str) -> None:
    name = parse(list_ref).tagged
    if not store.remove(engine, name):
        raise ClientError(f"No such manifest: {name.canonical}")
