"""The flags of `docker build` to a build request: outputs, secrets, agents, contexts, build arguments."""

from __future__ import annotations

import os
import sys

from dockercompat.errors import BuildFailed, ClientError, DockerError, InvalidReference
from dockercompat.spec import platform as platforms
from dockercompat.spec import reference
from dockercompat.spec.number import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, BinaryIO

    from dockercompat.build.request import Cache, Output, Request
    from dockercompat.build.solving.inputs import Secret
    from dockercompat.cli.flags import Options
    from dockercompat.spec.image_set import Annotation

PROGRESS = ("auto", "plain", "tty", "quiet", "none", "rawjson")


def request_of(options: Options, where: str, environ: Mapping[str, str], platform: str) -> Request:
    """What the flags of a build ask for.

    options   those of `buildx build`, or anything with the same attributes
    where     the context: a directory, a URL or `-`
    platform  the engine's own, "" for the host's
    Raises    BuildFailed in buildx's words
    """
    from dockercompat.build.history import new_ref
    from dockercompat.build.request import Output, Request

    _check(options)
    outputs, pushed = parse_outputs(options.output)
    annotations = [each for text in options.annotation for each in annotation(text)]
    annotations += [each for output in outputs for each in _output_annotations(output)]
    if options.push:
        pushed = True
    if (pushed or options.load) and outputs and not any(each.type == "image" for each in outputs):
        outputs = (*outputs, Output("image"))
    if pushed and not options.tag and not any(each.get("name") for each in outputs):
        raise BuildFailed("tag is needed when pushing to registry")
    provenance, sbom = attestations(options)
    wanted = _platforms(options.platform)
    if len(wanted) < 2 and not provenance and not sbom and any(each.level.startswith("index") for each in annotations):
        raise BuildFailed("index annotations not supported for single platform export")
    return Request(
        where,
        options.file or "",
        os.getcwd(),
        _standard_input,
        _plan_options(options, environ, platform),
        tuple(options.tag),
        bool(options.pull),
        tuple(_secret(text, environ) for text in options.secret),
        tuple(_ssh(text, environ) for text in options.ssh),
        outputs,
        wanted,
        tuple(annotations),
        provenance,
        sbom,
        pushed,
        _caches(options.cache_from, "importer", "src"),
        _caches(options.cache_to, "exporter", "dest"),
        bool(options.explain),
        bool(options.debug_shell),
        new_ref(),
    )


def _check(options: Options) -> None:
    """Refuse, before anything is done, what can't be asked for. Raises BuildFailed."""
    if options.no_cache and options.no_cache_filter:
        raise BuildFailed("--no-cache and --no-cache-filter cannot currently be used together")
    for name in options.allow:
        if name not in ("network.host", "security.insecure", "device"):
            raise BuildFailed(f"unknown entitlement {name}")
    if options.debug_shell and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise BuildFailed("--debug-shell needs a terminal")


def _plan_options(options: Options, environ: Mapping[str, str], platform: str) -> Any:
    from dockercompat.build.planning.stages import Options as PlanOptions

    for text in (*options.build_arg, *options.label):
        if not text.partition("=")[0]:
            raise ClientError(f"ERROR: invalid key-value pair {quoted(text)}: empty key")
    build_args: dict[str, str] = {}
    for text in options.build_arg:
        name, equals, value = text.partition("=")
        if equals:
            build_args[name] = value
        elif name in environ:
            build_args[name] = environ[name]
    if environ.get("SOURCE_DATE_EPOCH"):
        build_args.setdefault("SOURCE_DATE_EPOCH", environ["SOURCE_DATE_EPOCH"])
    labels = dict(text.partition("=")[::2] for text in options.label)
    contexts: list[tuple[str, str]] = []
    for text in options.build_context:
        name, equals, value = text.partition("=")
        if not equals:
            raise ClientError(f"ERROR: invalid context value: {text}, expected key=value")
        try:
            name = reference.parse(name).familiar.removesuffix(":latest")
        except InvalidReference as error:
            raise ClientError(f"ERROR: invalid context name {name}: {error}") from None
        if "://" not in value and not value.startswith("git@") and not os.path.exists(value):
            raise BuildFailed(f"failed to get build context {name}: stat {value}: no such file or directory")
        contexts.append((name, value))
    network = options.network or "default"
    if network not in ("default", "none", "host", "bridge"):
        hint = "you can define a custom network for your builder using the network driver-opt in buildx create"
        raise BuildFailed(f'network mode "{network}" not supported by buildkit - {hint}')
    for text in options.add_host:
        name, found, address = text.partition("=") if "=" in text else text.partition(":")
        if not found or not name or not address:
            raise BuildFailed(f"invalid host {text}")
    return PlanOptions(
        tuple(build_args.items()),
        options.target or "",
        tuple(labels.items()),
        bool(options.no_cache),
        tuple(name for text in options.no_cache_filter for name in text.split(",")),
        "default" if network == "bridge" else network,
        tuple(text.replace("=", ":", 1) if "=" in text else text for text in options.add_host),
        given_bytes(options, "shm_size"),
        tuple(_ulimits(options.ulimit)),
        platform,
        tuple(contexts),
        tuple(options.allow),
    )


def _ulimits(texts: list[str]) -> list[str]:
    from dockercompat.spec.ulimit import parse_ulimit

    found = [parse_ulimit(text) for text in texts]
    return [f"{each['Name']}={each['Soft']}:{each['Hard']}" for each in found]


def _fields(text: str) -> list[tuple[str, str]]:
    """`type=local,dest=PATH` as buildx reads it: comma-separated values, which quotes may hold together. Raises ClientError."""
    import csv

    parts = next(csv.reader([text], strict=True), [])
    for part in parts:
        if "=" not in part:
            raise ClientError(f"ERROR: invalid value {part}")
    return [(name.lower(), value) for name, _, value in (part.partition("=") for part in parts)]


def parse_outputs(texts: Sequence[str]) -> tuple[tuple[Output, ...], bool]:
    """`--output`s, `DIR`, `-` or `type=TYPE,...`, and whether one of them pushes. Raises BuildFailed, ClientError."""
    from dockercompat.build.request import Output

    found = []
    pushed = False
    for text in filter(None, texts):
        if "," not in text and not text.startswith("type="):
            found.append(Output("tar", "-") if text == "-" else Output("local", os.path.abspath(text)))
            continue
        fields = dict(_fields(text))
        kind, path = fields.pop("type", ""), fields.pop("dest", "")
        if not kind:
            raise ClientError(f"ERROR: type is required for output: {text}")
        if kind in ("registry", "image") or (kind == "docker" and not path):
            pushed = pushed or kind == "registry" or fields.get("push", "").lower() in ("1", "true", "t")
            found.append(Output("image", "", tuple(fields.items())))
        elif kind == "local":
            if not path:
                raise BuildFailed("dest is required for local exporter")
            found.append(Output("local", os.path.abspath(path), tuple(fields.items())))
        elif kind in ("tar", "oci", "docker"):
            path = "-" if path in ("", "-") else os.path.abspath(path)
            if path == "-" and sys.stdout.isatty():
                raise BuildFailed(f"dest file is required for {kind} exporter. refusing to write to console")
            found.append(Output(kind, path, tuple(fields.items())))
        else:
            raise BuildFailed(f'failed to solve: exporter "{kind}" could not be found')
    return tuple(found), pushed


def annotation(text: str) -> list[Annotation]:
    """`[LEVEL[PLATFORM],...:]KEY=VALUE`. Raises BuildFailed."""
    import re

    from dockercompat.spec.image_set import LEVELS, Annotation

    name, equals, value = text.partition("=")
    if not equals:
        raise BuildFailed(f'parse annotations: invalid annotation "{text}", expected key=value')
    levels, colon, key = name.partition(":")
    if not colon:
        return [Annotation("manifest", "", name, value)]
    found = []
    for level in levels.split(","):
        match = re.fullmatch(r"([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?", level)
        if match is None or match[1] not in LEVELS:
            raise BuildFailed(f'parse annotations: unknown annotation type "{level}"')
        platform = str(platforms.parse(match[2])) if match[2] else ""
        found.append(Annotation(match[1], platform, key, value))
    return found


def _output_annotations(output: Output) -> list[Annotation]:
    """`annotation.KEY=VALUE`, `annotation-index.KEY=VALUE` and the like in an output."""
    found = []
    for name, value in output.settings:
        if name.startswith("annotation"):
            level, _, key = name.removeprefix("annotation").partition(".")
            found += annotation(f"{level.removeprefix('-') or 'manifest'}:{key}={value}")
    return found


def attestations(options: Options) -> tuple[str, bool]:
    """What is to be attested: the mode of provenance, "" for none, and whether packages are. Raises BuildFailed, ClientError."""
    wanted: dict[str, dict[str, str]] = {}
    texts = list(options.attest)
    for name in ("provenance", "sbom"):
        value = getattr(options, name)
        if value:
            if is_off(value) or value.lower() in ("1", "true", "t"):
                texts.append(f"type={name}" + (",disabled=true" if is_off(value) else ""))
            else:
                texts.append(f"type={name},{value}")
    for text in texts:
        fields = dict(_fields(text))
        kind = fields.pop("type", "")
        if not kind:
            raise ClientError("ERROR: attestation type not specified")
        if kind not in ("provenance", "sbom"):
            raise BuildFailed(f'failed to solve: unknown attestation type "{kind}"')
        wanted[kind] = fields
    mode = ""
    if "provenance" in wanted and wanted["provenance"].get("disabled", "").lower() not in ("1", "true", "t"):
        mode = wanted["provenance"].get("mode", "min")
        if mode not in ("min", "max"):
            raise BuildFailed(f'failed to solve: invalid mode "{mode}"')
    return mode, "sbom" in wanted and wanted["sbom"].get("disabled", "").lower() not in ("1", "true", "t")


def _caches(texts: Sequence[str], what: str, place: str) -> tuple[Cache, ...]:
    """`NAME` or `type=registry|local|inline,...`. Raises BuildFailed, ClientError."""
    from dockercompat.build.request import Cache

    found = []
    for text in texts:
        if "=" not in text:
            found.append(Cache("registry", (("ref", text),)))
            continue
        fields = dict(_fields(text))
        kind = fields.pop("type", "")
        if not kind:
            raise ClientError(f"ERROR: type required form> {quoted(text)}")
        if kind == "gha":  # without GitHub's own token, which only its runners' actions have, buildx leaves it out
            continue
        if kind == "local":
            if not fields.get(place):
                raise BuildFailed(f"local cache {what} requires {place}")
            fields[place] = os.path.abspath(fields[place])
        elif kind == "registry":
            if not fields.get("ref"):
                raise BuildFailed(f"failed to solve: registry cache {what} requires ref")
        elif kind != "inline" or what == "importer":
            raise BuildFailed(f'failed to solve: unknown cache {what}: "{kind}"')
        if fields.get("mode", "min") not in ("min", "max"):
            raise BuildFailed(f"failed to solve: invalid mode: {fields['mode']}")
        found.append(Cache(kind, tuple(fields.items())))
    return tuple(found)


def call_of(text: str) -> tuple[str, str]:
    """`--call`: what is asked for and the format it is wanted in, "" for text. Raises BuildFailed, ClientError."""
    name, _, rest = text.partition(",")
    form = ""
    for part in rest.split(",") if rest else ():
        key, equals, value = part.partition("=")
        if key != "format" or not equals:
            raise ClientError(f"ERROR: invalid print field: {part}")
        form = value
    name = {"": "build", "lint": "check"}.get(name.lower(), name.lower())
    if name not in ("build", "check", "outline", "targets"):
        name = "" if "=" in name else name
        raise ClientError(
            f"ERROR: failed to build: failed to solve: unsupported request frontend.{name}: unsupported request frontend.{name}"
        )
    return name, form


def _platforms(texts: Sequence[str]) -> tuple[str, ...]:
    """`--platform`s, each a comma list; `local` is this machine's. Raises BuildFailed."""
    found = []
    for text in texts:
        for word in text.split(",") if text else ():
            try:
                found.append(str(platforms.of_host() if word.strip() == "local" else platforms.parse(word.strip())))
            except DockerError as error:
                raise BuildFailed(str(error)) from None
    return tuple(dict.fromkeys(found))


def _secret(text: str, environ: Mapping[str, str]) -> tuple[str, Secret]:
    """`id=NAME[,src=FILE|,env=VARIABLE]`; without either, the variable of that name, else the file of that name."""
    from dockercompat.build.solving.inputs import Secret

    parts = [part.partition("=") for part in text.split(",")]
    for part in parts:
        if not part[1]:
            raise ClientError(f"ERROR: invalid field '{part[0]}' must be a key=value pair")
    fields = {key: value for key, _, value in parts}
    for key in fields:
        if key not in ("id", "src", "source", "env", "type"):
            raise ClientError(f"ERROR: unexpected key '{key}' in '{key}={fields[key]}'")
    kind = fields.get("type", "")
    if kind not in ("", "file", "env"):
        raise ClientError(f"ERROR: unsupported secret type {quoted(kind)}")
    name = fields.get("id", "")
    if not name:
        raise BuildFailed("secret missing ID")
    path = fields.get("src") or fields.get("source") or ""
    variable = fields.get("env") or (path if kind == "env" else "")
    if not path and not variable and kind != "file" and name in environ:
        variable = name
    if variable:
        return name, Secret(text=environ.get(variable, ""))
    path = os.path.abspath(path or name)
    if not os.path.exists(path):
        raise BuildFailed(f"failed to stat {path}: stat {path}: no such file or directory")
    return name, Secret(path=path)


def _ssh(text: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """`default`, `ID`, `ID=SOCKET` or `ID=KEY[,KEY...]`: an agent's socket, or the files of keys that an agent is to hold."""
    import stat

    name, _, value = text.partition("=")
    paths = [os.path.abspath(each) for each in (value or environ.get("SSH_AUTH_SOCK", "")).split(",") if each]
    parts = " ".join(paths)
    if not paths:
        raise BuildFailed(
            f"failed to convert agent config {{{name} [] false}}: invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set"
        )
    for path in paths:
        if not os.path.exists(path):
            raise BuildFailed(
                f"failed to convert agent config {{{name} [{parts}] false}}: "
                f'failed to convert agent config for ID: "{name}": stat {path}: no such file or directory'
            )
    if len(paths) > 1 and any(stat.S_ISSOCK(os.stat(path).st_mode) for path in paths):
        raise BuildFailed(f"failed to convert agent config {{{name} [{parts}] false}}: only single socket allowed")
    return name, ",".join(paths)


def given_bytes(options: Options, name: str) -> int:
    """The value of a flag for sizes, 0 when it is not given or is no flag of this command."""
    from dockercompat.spec.size import ram_in_bytes

    text = getattr(options, name, "")
    return ram_in_bytes(text) if text else 0


def _standard_input() -> BinaryIO:
    return sys.stdin.buffer


def is_off(text: str) -> bool:
    """Whether a word means no, as strconv.ParseBool reads it."""
    return text.lower() in ("0", "false", "f")
