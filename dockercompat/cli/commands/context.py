"""Handlers of `docker context`."""

from __future__ import annotations

import os
import sys

from dockercompat.cli import config_file, reading
from dockercompat.cli.context_parts import endpoint_of, key_values, members, metadata_of
from dockercompat.cli.contexts import DEFAULT, Context, Store, check_name, current
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import tarfile
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.cli.invocation import Invocation

_OVERRIDDEN = (
    "Warning: DOCKER_HOST environment variable overrides the active context. "
    "To use {}, either set the global --context flag, or unset DOCKER_HOST environment variable."
)
_ERROR_WIDTH = 45


def create(invocation: Invocation) -> None:
    store = Store(invocation.environ)
    options = invocation.options
    name = invocation.args[0]
    check_name(name)
    if store.exists(name):
        raise ClientError(f'context "{name}" already exists')
    source = options.__dict__["from"]
    document: dict[str, Any]
    tls: Mapping[str, Mapping[str, bytes]]
    if source and options.docker:
        raise ClientError("cannot use --docker flag when --from is set")
    if options.docker:
        described = options.description
        made, files = endpoint_of(store, key_values(options.docker))
        document = {"Name": name, "Metadata": {}, "Endpoints": {"docker": made}}
        tls = {"docker": files}
    else:
        template = store.load(source or current(invocation.environ))
        described = options.description or template.description
        document = {**template.document, "Name": name, "Metadata": {**(template.document.get("Metadata") or {})}}
        document["Metadata"].pop("Description", None)
        tls = store.tls_files(template.name)
    if described:
        document["Metadata"] = {"Description": described, **document["Metadata"]}
    store.save(Context(name, document))
    store.save_tls(name, tls)
    print(name, flush=True)
    print(f'Successfully created context "{name}"', file=sys.stderr)


def update(invocation: Invocation) -> None:
    store = Store(invocation.environ)
    name = invocation.args[0]
    check_name(name)
    document = dict(store.load(name).document)
    if invocation.options.description:
        document["Metadata"] = {**(document.get("Metadata") or {}), "Description": invocation.options.description}
    if invocation.options.docker:
        made, tls = endpoint_of(store, key_values(invocation.options.docker))
        document["Endpoints"] = {**(document.get("Endpoints") or {}), "docker": made}
        store.save_tls(name, {**store.tls_files(name), "docker": tls})
    store.save(Context(name, document))
    print(name, flush=True)
    print(f'Successfully updated context "{name}"', file=sys.stderr)


def list(invocation: Invocation) -> None:
    from dockercompat.cli.listing import context as listing

    store = Store(invocation.environ)
    used = current(invocation.environ)
    rows = [
        listing.Context(
            name=context.name,
            description=context.description if context.has_endpoint else "",
            docker_endpoint=context.host,
            is_current=context.name == used,
            error="" if context.has_endpoint else "cannot find docker endpoint in context",
        )
        for context in store.list()
    ]
    if not any(row.is_current for row in rows):
        try:
            store.load(used)
        except ClientError as error:
            rows.append(listing.Context(name=used, is_current=True, error=_shortened(str(error))))
            rows.sort(key=lambda row: row.name)
    options = invocation.options
    sys.stdout.write(listing.render(rows, format=options.format, quiet=bool(options.quiet)))
    sys.stdout.flush()
    if invocation.environ.get("DOCKER_HOST"):
        print(_OVERRIDDEN.format("a context"), file=sys.stderr)


def show(invocation: Invocation) -> None:
    print(current(invocation.environ))


def use(invocation: Invocation) -> None:
    name = invocation.args[0]
    if not name:
        raise ClientError("context name cannot be empty")
    Store(invocation.environ).load(name)
    config = config_file.raw(invocation.environ)
    before = dict(config)
    if name == DEFAULT:
        config.pop("currentContext", None)
    else:
        config["currentContext"] = name
    if config != before:
        config_file.save(invocation.environ, config)
    print(name, flush=True)
    print(f'Current context is now "{name}"', file=sys.stderr)
    if name != DEFAULT and invocation.environ.get("DOCKER_HOST"):
        print(_OVERRIDDEN.format(f'"{name}"'), file=sys.stderr)


def inspect(invocation: Invocation) -> int:
    from dockercompat.cli.inspecting import inspect_many

    store = Store(invocation.environ)

    def describe(name: str) -> dict[str, Any]:
        context = store.load(name)
        place = "<IN MEMORY>" if name == DEFAULT else ""
        metadata, endpoints = context.document.get("Metadata"), context.document.get("Endpoints")
        return {
            "Name": context.name,
            **({} if metadata is None else {"Metadata": metadata}),
            **({"Endpoints": endpoints} if endpoints else {}),
            "TLSMaterial": {endpoint: [*files] for endpoint, files in store.tls_files(name).items() if files},
            "Storage": {"MetadataPath": place or store.path(name), "TLSPath": place or store.path(name, "tls")},
        }

    names = invocation.args or [current(invocation.environ)]
    return inspect_many(names, describe, invocation.options.format, kind="context", typed=True)


def remove(invocation: Invocation) -> None:
    store = Store(invocation.environ)
    force = bool(invocation.options.force)
    used = current(invocation.environ)
    failed = []
    for name in invocation.args:
        if name == DEFAULT:
            failed.append('context "default" cannot be removed')
            continue
        if not store.exists(name) and not force:
            failed.append(f'context "{name}" does not exist')
            continue
        if name == used and store.exists(name):
            if not force:
                failed.append(f'context "{name}" is in use, set -f flag to force remove')
                continue
            config = {key: value for key, value in config_file.raw(invocation.environ).items() if key != "currentContext"}
            config_file.save(invocation.environ, config)
        store.remove(name)
        print(name, flush=True)
    if failed:
        raise ClientError("\n".join(failed))


def export(invocation: Invocation) -> None:
    import io
    import tarfile

    from dockercompat import json

    store = Store(invocation.environ)
    name = invocation.args[0]
    target = invocation.args[1] if len(invocation.args) > 1 else f"{name}.dockercontext"
    if name != DEFAULT:
        check_name(name)
    if target == "-" and os.isatty(1):
        raise ClientError("cowardly refusing to export to a terminal, specify a file path")
    if target != "-" and os.path.lexists(target):
        raise ClientError(f"open {target}: file exists")
    context = store.load(name)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        content = json.dumps(context.document, ensure_ascii=False, separators=(",", ":")).encode()
        member = tarfile.TarInfo("meta.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
        _add_directory(archive, "tls")
        for endpoint, files in store.tls_files(name).items():
            _add_directory(archive, f"tls/{endpoint}")
            for entry, data in files.items():
                member = tarfile.TarInfo(f"tls/{endpoint}/{entry}")
                member.size, member.mode = len(data), 0o600
                archive.addfile(member, io.BytesIO(data))
    if target == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(buffer.getvalue())
        sys.stdout.buffer.flush()
        return
    try:
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ClientError(f"open {target}: {(error.strerror or '').lower()}") from None
    with open(fd, "wb") as file:
        file.write(buffer.getvalue())
    print(f'Written file "{target}"', file=sys.stderr)


def import_(invocation: Invocation) -> None:
    store = Store(invocation.environ)
    name, source = invocation.args
    check_name(name)
    if store.exists(name):
        raise ClientError(f'context "{name}" already exists')
    if source == "-":
        data = sys.stdin.buffer.read()
    else:
        try:
            data = reading.content(source)
        except ValueError as error:
            raise ClientError(str(error)) from None
    tls: dict[str, dict[str, bytes]] = {}
    found = False
    for entry, content in members(data):
        if entry == "meta.json":
            store.save(Context(name, {**metadata_of(content), "Name": name}))
            found = True
        elif entry.startswith("tls/"):
            endpoint, slash, file_name = entry.removeprefix("tls/").partition("/")
            if not slash or not file_name or ".." in (endpoint, *file_name.split("/")) or not endpoint:
                raise ClientError("archive format is invalid")
            tls.setdefault(endpoint, {})[file_name] = content
        else:
            raise ClientError(f"{entry}: unexpected context file")
    if not found:
        raise ClientError("invalid context: no metadata found")
    store.save_tls(name, tls)
    print(name, flush=True)
    print(f'Successfully imported context "{name}"', file=sys.stderr)


def _shortened(text: str) -> str:
    return text if len(text) <= _ERROR_WIDTH else text[: _ERROR_WIDTH - 1] + "…"


def _add_directory(archive: tarfile.TarFile, name: str) -> None:
    """A directory under its bare name, as Go writes it; addfile would put a slash behind."""
    import tarfile

    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, 0o700
    header = member.create_ustar_header({**member.get_info(), "name": name}, "utf-8", "surrogateescape")
    if archive.fileobj is not None:
        archive.fileobj.write(header)
        archive.offset += len(header)
