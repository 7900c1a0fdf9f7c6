"""Handlers of `docker context`."""

from __future__ import annotations

import os
import sys

from dockercompat.cli import config_file
from dockercompat.cli.contexts import DEFAULT, DESCRIPTION, Context, Store, check_name, current
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.cli.invocation import Invocation

_OVERRIDDEN = (
    "Warning: DOCKER_HOST environment variable overrides the active context. "
    "To use {}, either set the global --context flag, or unset DOCKER_HOST environment variable."
)
_ERROR_WIDTH = 45
_TLS_KEYS = {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem"}


def create(invocation: Invocation) -> None:
    store = Store(invocation.environ)
    options = invocation.options
    name = invocation.args[0]
    check_name(name)
    if store.exists(name):
        raise ClientError(f'context "{name}" already exists')
    source = options.__dict__["from"]
    if not options.docker:
        template = store.load(source or current(invocation.environ))
        described = options.description or template.description or ("" if source else _described(template))
        document = {**template.document, "Name": name, "Metadata": {**(template.document.get("Metadata") or {})}}
        document["Metadata"].pop("Description", None)
        tls = store.tls_files(template.name)
    else:
        described = options.description
        document = {"Name": name, "Metadata": {}}
        endpoint, tls_files = _endpoint(store, _settings(invocation))
        document["Endpoints"] = {"docker": endpoint}
        tls = {"docker": tls_files}
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
        endpoint, tls = _endpoint(store, _settings(invocation))
        document["Endpoints"] = {**(document.get("Endpoints") or {}), "docker": endpoint}
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
            description=DESCRIPTION if context.name == DEFAULT else context.description,
            docker_endpoint=context.host,
            is_current=context.name == used,
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
    if invocation.environ.get("DOCKER_HOST") and not options.quiet:
        print(_OVERRIDDEN.format("a context"), file=sys.stderr)


def show(invocation: Invocation) -> None:
    print(current(invocation.environ))


def use(invocation: Invocation) -> None:
    name = invocation.args[0]
    Store(invocation.environ).load(name)
    config = config_file.raw(invocation.environ)
    before = dict(config)
    if name == DEFAULT:
        config.pop("currentContext", None)
    else:
        config["currentContext"] = name
    if config != before:
        _write_config(config_file.path(invocation.environ), config)
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
        return {
            "Name": context.name,
            "Metadata": context.document.get("Metadata") or {},
            "Endpoints": context.document.get("Endpoints") or {},
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
        if name == used:
            if not force:
                failed.append(f'context "{name}" is in use, set -f flag to force remove')
                continue
            config = {key: value for key, value in config_file.raw(invocation.environ).items() if key != "currentContext"}
            _write_config(config_file.path(invocation.environ), config)
        store.remove(name)
        print(name, flush=True)
    if failed:
        raise ClientError("\n".join(failed))


def export(invocation: Invocation) -> None:
    import io
    import json
    import tarfile

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
        archive.addfile(_directory("tls"))
        for endpoint, files in store.tls_files(name).items():
            archive.addfile(_directory(f"tls/{endpoint}"))
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
            with open(source, "rb") as file:
                data = file.read()
        except OSError as error:
            raise ClientError(f"open {source}: {(error.strerror or '').lower()}") from None
    document, tls = _read_archive(data)
    store.save(Context(name, {**document, "Name": name}))
    store.save_tls(name, tls)
    print(name, flush=True)
    print(f'Successfully imported context "{name}"', file=sys.stderr)


def _shortened(text: str) -> str:
    return text if len(text) <= _ERROR_WIDTH else text[: _ERROR_WIDTH - 1] + "…"


def _described(template: Context) -> str:
    return DESCRIPTION if template.name == DEFAULT else ""


def _settings(invocation: Invocation) -> dict[str, str]:
    """The key=value pairs of --docker."""
    import csv

    settings = {}
    for text in invocation.options.docker:
        for pair in next(csv.reader([text])):
            key, equals, value = pair.partition("=")
            if not equals:
                raise invocation.invalid_flag("docker", text, f"{pair} must be formatted as key=value")
            settings[key] = value
    return settings


def _endpoint(store: Store, settings: dict[str, str]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The endpoint that --docker describes, and its TLS files. Raises ClientError in docker's words."""
    for key in sorted(settings):
        if key not in ("from", "host", "skip-tls-verify", *_TLS_KEYS):
            raise ClientError(f"unable to create docker endpoint config: unrecognized config key: {key}")
    if "from" in settings:
        template = store.load(settings["from"])
        return dict(template.document["Endpoints"]["docker"]), store.tls_files(template.name).get("docker", {})
    skip = settings.get("skip-tls-verify", "")
    if skip.lower() not in ("", "true", "false", "1", "0", "t", "f"):
        raise ClientError(f'unable to create docker endpoint config: skip-tls-verify: parsing "{skip}": invalid syntax')
    files = {}
    for key, entry in _TLS_KEYS.items():
        if settings.get(key):
            try:
                with open(settings[key], "rb") as file:
                    files[entry] = file.read()
            except OSError as error:
                raise ClientError(
                    f"unable to create docker endpoint config: open {settings[key]}: {(error.strerror or '').lower()}"
                ) from None
    return {"Host": settings.get("host", ""), "SkipTLSVerify": skip.lower() in ("true", "1", "t")}, files


def _read_archive(data: bytes) -> tuple[dict[str, Any], dict[str, dict[str, bytes]]]:
    """The tar or zip that `context export` makes. Raises ClientError when it is none."""
    import io
    import json
    import tarfile
    import zipfile

    members: dict[str, bytes] = {}
    try:
        if data[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
        else:
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                for member in tar:
                    opened = tar.extractfile(member) if member.isfile() else None
                    if opened is not None:
                        members[member.name] = opened.read()
    except (tarfile.TarError, zipfile.BadZipFile, OSError) as error:
        raise ClientError(f"unexpected context file: {error}") from None
    tls: dict[str, dict[str, bytes]] = {}
    document: Any = None
    for name, content in members.items():
        parts = name.removeprefix("./").split("/")
        if parts == ["meta.json"]:
            try:
                document = json.loads(content)
            except ValueError as error:
                raise ClientError(f"invalid context: {error}") from None
        elif len(parts) == 3 and parts[0] == "tls" and ".." not in parts and "" not in parts:
            tls.setdefault(parts[1], {})[parts[2]] = content
        else:
            raise ClientError(f"unexpected context file: {name}")
    if not isinstance(document, dict):
        raise ClientError("invalid context: no metadata found")
    return document, tls


def _directory(name: str) -> Any:
    import tarfile

    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, 0o700
    return member


def _write_config(path: str, config: dict[str, Any]) -> None:
    """Write docker's config.json as docker does: tabs, renamed into place, readable by the user alone."""
    import json

    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
    target = os.path.realpath(path)
    fd = os.open(f"{target}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(fd, "w", encoding="utf-8") as file:
        file.write(json.dumps({"auths": {}, **config}, ensure_ascii=False, indent="\t"))
    os.rename(f"{target}.new", target)
    config_file.forget()
