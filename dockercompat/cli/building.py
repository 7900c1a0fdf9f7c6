"""The flags of `docker build` to a build request: outputs, secrets, agents, contexts, build arguments."""

from __future__ import annotations

import os
import sys

from dockercompat.errors import BuildFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, BinaryIO

    from dockercompat.build.build import Request
    from dockercompat.build.output import Output
    from dockercompat.build.solve import Secret
    from dockercompat.cli.flags import Options

PROGRESS = ("auto", "plain", "tty", "quiet", "none")
_NOT_BUILT_IN = ("annotation", "attest", "cache_to")


def request_of(options: Options, where: str, environ: Mapping[str, str], platform: str) -> Request:
    """What the flags of a build ask for.

    options   those of `buildx build`, or anything with the same attributes
    where     the context: a directory, a URL or `-`
    platform  the engine's own, "" for the host's
    Raises    BuildFailed in buildx's words
    """
    from dockercompat.build.build import Request

    check(options)
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
        _outputs(options.output),
    )


def check(options: Options) -> None:
    """Refuse, before anything is done, what this builder does not do. Raises BuildFailed."""
    if options.call not in ("", "build", "check"):
        raise BuildFailed(f"--call={options.call} is not supported yet")
    for name in _NOT_BUILT_IN:
        if getattr(options, name):
            raise BuildFailed(f"--{name.replace('_', '-')} is not supported yet")
    for name in ("provenance", "sbom"):
        value = getattr(options, name)
        if value and not is_off(value):
            raise BuildFailed("Attestation is not supported for the docker driver.")
    if len(options.platform) > 1 or any("," in text for text in options.platform):
        raise BuildFailed("Multi-platform build is not supported for the docker driver.")
    if pushes(options) and not options.tag:
        raise BuildFailed("tag is needed when pushing to registry")


def _plan_options(options: Options, environ: Mapping[str, str], platform: str) -> Any:
    from dockercompat.build.stages import Options as PlanOptions

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
            raise BuildFailed(f"invalid build context value: {text}, expected key=value")
        if value.startswith(("http://", "https://", "git@", "git://", "oci-layout://", "target:")):
            raise BuildFailed(f"--build-context {text} is not supported yet")
        contexts.append((name, value))
    network = options.network or "default"
    if network not in ("default", "none", "host", "bridge"):
        raise BuildFailed(f'network mode "{network}" not supported by buildkit')
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
        options.platform[0] if options.platform else platform,
        tuple(contexts),
        tuple(options.allow),
    )


def _ulimits(texts: list[str]) -> list[str]:
    from dockercompat.spec.ulimit import parse_ulimit

    found = [parse_ulimit(text) for text in texts]
    return [f"{each['Name']}={each['Soft']}:{each['Hard']}" for each in found]


def _outputs(texts: list[str]) -> tuple[Output, ...]:
    """`DIR`, `-`, or `type=local|tar,dest=PATH`; image and docker without a file are what happens anyway."""
    from dockercompat.build.output import Output

    found = []
    for text in texts:
        if "=" not in text:
            found.append(Output("tar", "-") if text == "-" else Output("local", os.path.abspath(text)))
            continue
        fields = dict(part.partition("=")[::2] for part in text.split(","))
        kind, path = fields.get("type", ""), fields.get("dest", "")
        if kind == "local":
            if not path:
                raise BuildFailed("dest is required for local exporter")
            found.append(Output("local", os.path.abspath(path)))
        elif kind == "tar":
            found.append(Output("tar", os.path.abspath(path) if path not in ("", "-") else "-"))
        elif kind not in ("docker", "image", "registry") or path:
            raise BuildFailed(f"--output {text} is not supported yet")
    if any(each.path == "-" for each in found) and sys.stdout.isatty():
        raise BuildFailed("dest file is required for tar exporter. refusing to write to console")
    return tuple(found)


def pushes(options: Options) -> bool:
    """Whether the result goes to a registry."""
    fields = [dict(part.partition("=")[::2] for part in text.split(",")) for text in options.output if "=" in text]
    return bool(options.push) or any(each.get("type") == "registry" or each.get("push") == "true" for each in fields)


def _secret(text: str, environ: Mapping[str, str]) -> tuple[str, Secret]:
    """`id=NAME[,src=FILE|,env=VARIABLE]`; without either, the variable of that name, else the file of that name."""
    from dockercompat.build.solve import Secret

    fields = dict(part.partition("=")[::2] for part in text.split(","))
    for key in fields:
        if key not in ("id", "src", "source", "env", "type"):
            raise BuildFailed(f"unexpected key '{key}' in '{key}={fields[key]}'")
    name = fields.get("id", "")
    if not name:
        raise BuildFailed("invalid secret: id is missing")
    kind = fields.get("type", "")
    if kind not in ("", "file", "env"):
        raise BuildFailed(f"unsupported secret type {kind!r}".replace("'", '"'))
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
    """`default`, `ID` or `ID=SOCKET`: an agent's socket."""
    name, _, path = text.partition("=")
    path = path or environ.get("SSH_AUTH_SOCK", "")
    if not path:
        raise BuildFailed("invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set")
    import stat

    if not os.path.exists(path) or not stat.S_ISSOCK(os.stat(path).st_mode):
        raise BuildFailed(f"--ssh {text}: only an agent's socket can be given, not a key")
    return name, path


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
