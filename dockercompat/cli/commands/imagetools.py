"""Handlers of `docker buildx imagetools`."""

from __future__ import annotations

import os
import re
import sys

from dockercompat import json
from dockercompat.cli.builders import Store, given
from dockercompat.errors import BuildFailed, ClientError, DockerError, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.engine.manifest.combine import Source
    from dockercompat.engine.manifest.look import Looked
    from dockercompat.spec.image_set import Annotation
    from dockercompat.spec.reference import Reference

_IMAGE = ("created", "author", "architecture", "os", "os.version", "os.features", "variant", "config", "rootfs", "history")


def inspect(invocation: Invocation) -> None:
    from dockercompat.engine.manifest.look import look

    Store(invocation.environ).chosen(given(invocation))
    try:
        looked = look(invocation.engine, invocation.args[0])
        if invocation.options.raw:
            sys.stdout.buffer.write(looked.raw)
            sys.stdout.flush()
        elif re.match(r"\{\{-?\s*\.Manifest", invocation.options.format):
            _show(looked)
        else:
            _format(invocation, looked)
    except DockerError as error:
        raise ClientError(f"ERROR: {error}") from None


def _show(looked: Looked) -> None:
    name = looked.reference.canonical
    rows = [("Name:", name), ("MediaType:", looked.media_type), ("Digest:", looked.digest)]
    if not looked.is_index:
        sys.stdout.write(_aligned(rows))
        return
    sys.stdout.write(_aligned([*rows, ("", ""), ("Manifests:", "")]))
    repository = looked.reference.canonical.partition("@")[0]
    block: list[tuple[str, str]] = []
    for number, entry in enumerate(looked.entries):
        if number:
            block.append(("", ""))
        block += [("  Name:", f"{repository}@{entry['digest']}"), ("  MediaType:", str(entry.get("mediaType", "")))]
        if entry.get("platform"):
            from dockercompat.spec import platform

            block.append(("  Platform:", str(platform.from_json(entry["platform"])) or "unknown"))
        if entry.get("urls"):
            block.append(("  URLs:", ", ".join(entry["urls"])))
        if entry.get("annotations"):
            block.append(("  Annotations:", ""))
            sys.stdout.write(_aligned(block))
            block = []
            sys.stdout.write(_aligned([(f"    {key}:", value) for key, value in sorted(entry["annotations"].items())]))
    sys.stdout.write(_aligned(block))


def _aligned(rows: list[tuple[str, str]]) -> str:
    width = max((len(key) for key, _ in rows), default=0) + 1
    return "".join(f"{key:<{width}}{value}\n" for key, value in rows)


def _format(invocation: Invocation, looked: Looked) -> None:
    """A template over the image; what is attested is fetched when the template asks for it."""
    from dockercompat.cli.template.errors import TemplateError
    from dockercompat.cli.template.evaluate import Template
    from dockercompat.cli.template.functions import DOCKER, Function
    from dockercompat.cli.template.gotypes import go_type
    from dockercompat.cli.template.json_text import encode, escape_html, plain
    from dockercompat.cli.template.values import ANY, STRING, Value
    from dockercompat.engine.manifest.look import Images

    def indented(value: Any) -> Value:
        return Value(STRING, escape_html(plain(json.loads(encode(value)), step="  ")))

    text = invocation.options.format
    try:
        template = Template(text, functions={**DOCKER, "json": Function(indented, (ANY,))})
        images = Images(invocation.engine, looked)
        several = len(images.by_platform) > 1
        manifest = dict(looked.descriptor)
        if looked.is_index:
            manifest = {"schemaVersion": 2, **manifest, "manifests": looked.entries}
            if looked.document.get("annotations"):
                manifest["annotations"] = looked.document["annotations"]
        configs = {name: _image(config) for name, config in images.by_platform.items()}
        of_index = go_type("imagetools.index" if looked.is_index else "v1.Descriptor")
        data: dict[str, Any] = {"name": looked.reference.canonical, "manifest": Value(of_index, manifest)}
        data["image"] = configs if several else next(iter(configs.values()), None)
        if "Provenance" in text:
            found = {name: _first("SLSA", given) for name, given in images.statements("https://slsa.dev/provenance/").items()}
            data["Provenance"] = found if several else next(iter(found.values()), {})
        if "SBOM" in text:
            found = {name: _first("SPDX", given) for name, given in images.statements("https://spdx.dev/Document").items()}
            data["SBOM"] = found if several else next(iter(found.values()), {})
        kind = "imagetools.tplInput" + ("s" if several else "")
        sys.stdout.write(template.execute(Value(go_type(kind), data)))
    except TemplateError as error:
        raise ClientError(str(error)) from None


def _first(name: str, statements: list[Any]) -> dict[str, Any]:
    if not statements:
        return {}
    more = {"AdditionalSPDXs": statements[1:]} if name == "SPDX" and len(statements) > 1 else {}
    return {name: statements[0], **more}


def _image(config: dict[str, Any]) -> dict[str, Any]:
    """What the image-spec knows of a config; builders put more into theirs."""
    return {name: config[name] for name in _IMAGE if name in config}


def create(invocation: Invocation) -> None:
    from dockercompat.build.solving.report import Event, Reporter
    from dockercompat.cli import build_progress, building
    from dockercompat.engine.manifest import combine

    options = invocation.options
    Store(invocation.environ).chosen(given(invocation))
    if not (options.file or invocation.args):
        raise ClientError("ERROR: no sources specified")
    if not options.dry_run and not options.tag:
        raise ClientError("ERROR: can't push with no tags specified, please set --tag or --dry-run")
    progress = options.progress
    if progress not in building.PROGRESS:
        raise ClientError(f"ERROR: invalid progress mode {progress}")
    try:
        tags = [_reference(text) for text in options.tag]
        sources = _sources(invocation, tags)
        if options.append and tags:
            sources = [combine.Source(tags[0]), *sources]
        wanted = [word.strip() for text in options.platform for word in text.split(",")]
        made = combine.combine(
            invocation.engine, sources, annotations=_annotations(options.annotation), wanted=wanted, prefer_index=bool(options.prefer_index)
        )
        if options.dry_run:
            print(made.raw.decode())
            return
        display = build_progress.choose(progress, quiet=False, classic=False)
        reporter = Reporter(display.report)
        import time

        for tag in tags:
            began = time.monotonic()
            number = reporter.start(f"[internal] pushing {tag.canonical}")

            def say(text: str, number: int = number, began: float = began) -> None:
                reporter.report(Event("log", number, text=text, seconds=time.monotonic() - began))

            try:
                if made.entries:
                    combine.push(invocation.engine, made, tag, say)
                else:
                    combine.copy(invocation.engine, made, sources[0].reference, tag, say)
            except DockerError as error:
                reporter.end("error", number, text=str(error))
                display.finish()
                raise
            reporter.end("done", number, seconds=time.monotonic() - began)
        display.finish()
    except DockerError as error:
        raise ClientError(f"ERROR: {error}") from None


def _reference(text: str) -> Reference:
    from dockercompat.spec.reference import parse

    return parse(text).tagged


def _annotations(texts: list[str]) -> list[Annotation]:
    from dockercompat.cli import building

    found = []
    for text in texts:
        try:
            each = building.annotation(text)
        except BuildFailed as error:
            raise ClientError(f"failed to parse annotations: {str(error).removeprefix('parse annotations: ')}") from None
        has_level = ":" in text.partition("=")[0]
        found += each if has_level else [one.replace(level="") for one in each]
    return found


def _sources(invocation: Invocation, tags: list[Reference]) -> list[Source]:
    """References, digests in the repository of the tags, descriptors: from files, then from the arguments."""
    from dockercompat.engine.manifest.combine import Source
    from dockercompat.spec import digest as digests

    texts = []
    for path in invocation.options.file:
        try:
            with open(path, encoding="utf-8") as file:
                texts.append(file.read())
        except OSError as error:
            raise ClientError(f"open {sentence(error)}" if os.path.basename(path) else str(error)) from None
    texts += invocation.args
    parsed: list[tuple[str, Reference | None, dict[str, Any] | None]] = []
    for text in texts:
        if text.startswith("sha256:"):
            if not digests.is_digest(text):
                raise ClientError(f"{_bad(text)}: invalid checksum digest length")
            parsed.append((text, None, {"digest": text}))
        elif text.startswith("{"):
            try:
                descriptor = json.loads(text)
            except ValueError as error:
                raise ClientError(f"{_bad(text)}: {error}") from None
            parsed.append((str(descriptor.get("digest", "")), None, descriptor))
        else:
            try:
                parsed.append((text, _reference(text), None))
            except DockerError as error:
                raise ClientError(f"{_bad(text)}: {error}") from None
    repositories = {each.name_only.canonical: each for each in [*tags, *(reference for _, reference, _ in parsed if reference is not None)]}
    found = []
    for text, reference, descriptor in parsed:
        if reference is None:
            if not repositories:
                raise ClientError("no repositories specified, please set a reference in tag or source")
            if len(repositories) > 1:
                raise ClientError(f'multiple repositories specified, cannot infer repository for "{text}"')
            reference = next(iter(repositories.values())).name_only.replace(digest=text)
        known = {name: descriptor[name] for name in ("platform", "annotations") if descriptor.get(name)} if descriptor is not None else None
        found.append(Source(reference, known))
    return found


def _bad(text: str) -> str:
    return f"failed to parse source {json.dumps(text, ensure_ascii=False)}, valid sources are digests, references and descriptors"
