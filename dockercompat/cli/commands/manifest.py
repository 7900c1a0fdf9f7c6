"""Handlers of `docker manifest`."""

from __future__ import annotations

from contextlib import contextmanager

from dockercompat import json
from dockercompat.errors import ClientError, DockerError, InvalidReference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.engine.manifest.store import Member


def inspect(invocation: Invocation) -> None:
    from dockercompat.engine.manifest.inspect import inspect as verb
    from dockercompat.engine.manifest.push import document

    options = invocation.options
    _check(invocation.args)
    list_ref = invocation.args[0] if len(invocation.args) == 2 else ""
    with _own_words():
        found = verb(
            invocation.engine, invocation.args[-1], list_ref=list_ref, insecure=bool(options.insecure), verbose=bool(options.verbose)
        )
    if options.verbose:
        shown = [_verbose(member) for member in found.members]
        print(json.dumps(shown if found.is_index else shown[0], indent="\t", ensure_ascii=False))
    elif found.is_index:
        raw = found.raw or document(found.members)[0]
        print(json.dumps(json.loads(raw), indent=3, ensure_ascii=False))
    else:
        print(json.dumps(json.loads(found.raw), indent="\t", ensure_ascii=False))


def _verbose(member: Member) -> dict[str, Any]:
    import base64

    kind = "OCIManifest" if "oci" in member.descriptor.media_type else "SchemaV2Manifest"
    return {
        "Ref": member.ref,
        "Descriptor": member.descriptor.to_json(),
        "Raw": base64.b64encode(member.raw).decode(),
        kind: json.loads(member.raw),
    }


def create(invocation: Invocation) -> None:
    from dockercompat.engine.manifest.create import create as verb

    options = invocation.options
    _check(invocation.args[:1], "error parsing name for manifest list {}: ")
    _check(invocation.args[1:])
    with _own_words():
        name = verb(invocation.engine, invocation.args[0], invocation.args[1:], amend=bool(options.amend), insecure=bool(options.insecure))
    print(f"Created manifest list {name}")


def annotate(invocation: Invocation) -> None:
    from dockercompat.engine.manifest.create import annotate as verb

    options = invocation.options
    _check(invocation.args[:1], "annotate: error parsing name for manifest list {}: ")
    _check(invocation.args[1:], "annotate: error parsing name for manifest {}: ")
    verb(
        invocation.engine,
        invocation.args[0],
        invocation.args[1],
        os=options.os,
        arch=options.arch,
        variant=options.variant,
        os_version=options.os_version,
        os_features=options.os_features,
    )


def push(invocation: Invocation) -> None:
    from dockercompat.engine.manifest.push import push as verb

    options = invocation.options
    _check(invocation.args)
    with _own_words():
        for line in verb(invocation.engine, invocation.args[0], purge=bool(options.purge), insecure=bool(options.insecure)):
            print(line, flush=True)


def remove(invocation: Invocation) -> None:
    from dockercompat.engine.manifest.create import remove as verb

    _check(invocation.args)
    failures: Any = []
    for ref in invocation.args:
        try:
            verb(invocation.engine, ref)
        except ClientError as error:
            failures.append(str(error))
    if failures:
        raise ClientError("\n".join(failures))


def _check(refs: list[str], before: str = "") -> None:
    from dockercompat.spec.reference import parse

    for ref in refs:
        try:
            parse(ref)
        except InvalidReference as error:
            raise ClientError(f"{before.format(ref)}{error}") from None


@contextmanager
def _own_words() -> Iterator[None]:
    """docker's client talks to the registry by itself here: what goes wrong has no prefix."""
    try:
        yield
    except DockerError as error:
        error.prefixed = False
        raise
