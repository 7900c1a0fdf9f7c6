"""Handlers of `docker build` and its other names, and of what keeps its cache small."""

from __future__ import annotations

import os
import sys

from dockercompat.errors import BuildFailed, ClientError, DockerError, RunFailed, StatusOnly, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, BinaryIO, TextIO

    from dockercompat.build.build import Request
    from dockercompat.build.dockerfile.lint import Finding
    from dockercompat.build.output import Output
    from dockercompat.build.solve import Secret
    from dockercompat.cli.build_progress import Display
    from dockercompat.cli.flags import Options
    from dockercompat.cli.invocation import Invocation

_PROGRESS = ("auto", "plain", "tty", "quiet", "none")
_NOT_BUILT_IN = ("annotation", "attest", "cache_to")


def build(invocation: Invocation) -> None:
    from dockercompat.build.build import Request
    from dockercompat.build.build import build as verb
    from dockercompat.cli import build_progress

    options = invocation.options
    classic = _is_off(invocation.environ.get("DOCKER_BUILDKIT", ""))
    if classic:
        print(
            "DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n"
            "            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0\n"
            "            environment-variable.\n",
            file=sys.stderr,
        )
    progress = options.progress if options.given("progress") else invocation.environ.get("BUILDKIT_PROGRESS") or options.progress
    try:
        _check(options, progress)
        request = Request(
            invocation.args[0],
            options.file or "",
            os.getcwd(),
            _standard_input,
            _plan_options(invocation),
            tuple(options.tag),
            bool(options.pull),
            tuple(_secret(text, invocation.environ) for text in options.secret),
            tuple(_ssh(text, invocation.environ) for text in options.ssh),
            _outputs(options.output),
        )
    except BuildFailed as error:
        raise ClientError(f"ERROR: failed to build: {error}") from None
    invocation.join()
    display = build_progress.choose(progress, quiet=bool(options.quiet), classic=classic)
    if options.check or options.call == "check":
        _check_only(invocation, request, display, classic=classic)
        return
    try:
        built = verb(invocation.engine, request, display)
    except KeyboardInterrupt:
        display.finish()
        raise ClientError("ERROR: failed to build: failed to solve: Canceled: context canceled") from None
    except BuildFailed as error:
        display.finish()
        _fail(error, display, classic=classic)
    display.finish()
    if not options.quiet and not classic and progress not in ("quiet", "none"):
        sys.stderr.write(display.warnings())
    if options.iidfile and built.image_id:
        with _created(options.iidfile) as file:
            file.write(built.image_id)
    if options.metadata_file:
        _write_metadata(options.metadata_file, built.image_id, built.tags)
    if not built.image_id:
        return
    if options.quiet:
        print(built.image_id)
    elif classic:
        print(f"Successfully built {built.image_id.partition(':')[2][:12]}")
        for tag in built.tags:
            from dockercompat.spec.reference import parse

            print(f"Successfully tagged {parse(tag).familiar}")
    if _pushes(options):
        _push(invocation, built.tags)


def _check_only(invocation: Invocation, request: Request, display: Display, *, classic: bool) -> None:
    """`--check`: the findings on standard output, status 1 when there are any."""
    from dockercompat.build.build import check
    from dockercompat.cli.build_progress import excerpt

    findings: tuple[Finding, ...] = ()
    try:
        findings = check(invocation.engine, request, display)
    except BuildFailed as error:
        display.finish()
        _fail(error, display, classic=classic)
    display.finish()
    if not findings:
        print("Check complete, no warnings found.")
        return
    count = len(findings)
    print(f"Check complete, {count} warning{'s have' if count > 1 else ' has'} been found!")
    for each in findings:
        shown = excerpt(display.source.name, display.source.lines, each.lines) if display.source is not None else ""
        print(f"\nWARNING: {each.rule} - {each.url}\n{each.message}\n{shown}", end="")
    raise StatusOnly(1)


def _fail(error: BuildFailed, display: Any, *, classic: bool) -> None:
    sys.stdout.flush()
    if classic and isinstance(error, RunFailed):
        print(f"The command '{error.args_text}' returned a non-zero code: {error.status}", file=sys.stderr)
        raise StatusOnly(error.status) from None
    sys.stderr.write(display.error_summary(error.lines))
    raise ClientError(f"ERROR: failed to build: {error}") from None


def _standard_input() -> BinaryIO:
    return sys.stdin.buffer


def _is_off(text: str) -> bool:
    return text.lower() in ("0", "false", "f")


def _check(options: Options, progress: str) -> None:
    """Refuse, before anything is done, what this builder does not do. Raises BuildFailed."""
    if progress not in _PROGRESS:
        raise BuildFailed(f"invalid progress mode {progress}")
    if options.call not in ("", "build", "check"):
        raise BuildFailed(f"--call={options.call} is not supported yet")
    for name in _NOT_BUILT_IN:
        if getattr(options, name):
            raise BuildFailed(f"--{name.replace('_', '-')} is not supported yet")
    for name in ("provenance", "sbom"):
        value = getattr(options, name)
        if value and not _is_off(value):
            raise BuildFailed("Attestation is not supported for the docker driver.")
    if len(options.platform) > 1 or any("," in text for text in options.platform):
        raise BuildFailed("Multi-platform build is not supported for the docker driver.")
    if _pushes(options) and not options.tag:
        raise BuildFailed("tag is needed when pushing to registry")


def _plan_options(invocation: Invocation) -> Any:
    from dockercompat.build.stages import Options

    options = invocation.options
    build_args: dict[str, str] = {}
    for text in options.build_arg:
        name, equals, value = text.partition("=")
        if equals:
            build_args[name] = value
        elif name in invocation.environ:
            build_args[name] = invocation.environ[name]
    if invocation.environ.get("SOURCE_DATE_EPOCH"):
        build_args.setdefault("SOURCE_DATE_EPOCH", invocation.environ["SOURCE_DATE_EPOCH"])
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
    return Options(
        tuple(build_args.items()),
        options.target or "",
        tuple(labels.items()),
        bool(options.no_cache),
        tuple(name for text in options.no_cache_filter for name in text.split(",")),
        "default" if network == "bridge" else network,
        tuple(text.replace("=", ":", 1) if "=" in text else text for text in options.add_host),
        _given_bytes(options, "shm_size"),
        tuple(_ulimits(options.ulimit)),
        options.platform[0] if options.platform else invocation.engine.settings.platform,
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


def _pushes(options: Options) -> bool:
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


def _write_metadata(path: str, image_id: str, tags: tuple[str, ...]) -> None:
    import json

    fields = {"containerimage.config.digest": image_id, "containerimage.digest": image_id}
    if tags:
        fields["image.name"] = ",".join(tags)
    with _created(path) as file:
        json.dump(fields, file, indent=2)


def _created(path: str) -> TextIO:
    """A file for a result, open for writing. Raises ClientError."""
    try:
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        raise ClientError(f"ERROR: failed to build: open {sentence(error)}") from None


def _push(invocation: Invocation, tags: tuple[str, ...]) -> None:
    from dockercompat.engine.image.push import push

    for tag in tags:
        try:
            for message in push(invocation.engine, tag):
                if message.get("error"):
                    raise ClientError(f"ERROR: failed to build: failed to solve: failed to push {tag}: {message['error']}")
        except DockerError as error:
            if isinstance(error, ClientError):
                raise
            raise ClientError(f"ERROR: failed to build: failed to solve: failed to push {tag}: {error}") from None


def prune(invocation: Invocation) -> None:
    from dockercompat.build import prune as verb
    from dockercompat.build.build import human_bytes
    from dockercompat.spec import filter as filters

    options = invocation.options
    everything = bool(options.all)
    if not options.force:
        what = "all build cache" if everything else "all dangling build cache"
        print(f"WARNING! This will remove {what}. Are you sure you want to continue? [y/N] ", end="", flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            print()
            raise ClientError("builder prune has been cancelled")
    invocation.join()
    keep = max(_given_bytes(options, name) for name in ("reserved_space", "max_used_space", "keep_storage"))
    pruned = verb.prune(
        invocation.engine,
        everything=everything,
        filters=filters.parse(options.filter),
        keep_bytes=keep,
        min_free_bytes=_given_bytes(options, "min_free_space"),
    )
    rows = [(entry["ID"][:25], "true", human_bytes(entry["Size"]), entry["Ago"]) for entry in pruned["Entries"]]
    if rows:
        sys.stdout.write(_tabbed([("ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"), *rows]))
    print(f"Total:\t{human_bytes(pruned['SpaceReclaimed'])}")


def _given_bytes(options: Options, name: str) -> int:
    """The value of a flag for sizes, 0 when it is not given or is no flag of this command."""
    from dockercompat.spec.size import ram_in_bytes

    text = getattr(options, name, "")
    return ram_in_bytes(text) if text else 0


def disk_usage(invocation: Invocation) -> None:
    from dockercompat.build import prune as verb
    from dockercompat.build.build import human_bytes

    entries = verb.usage(invocation.engine)
    for text in invocation.options.filter:
        name, _, value = text.partition("=")
        if name == "id":
            entries = [entry for entry in entries if entry["ID"].startswith(value)]
        else:
            raise ClientError(f"unsupported filter {name}")
    if invocation.options.verbose:
        for entry in entries:
            fields = (
                ("ID", entry["ID"]),
                ("Created at", entry["Created"]),
                ("Mutable", "false"),
                ("Reclaimable", _word(entry["Reclaimable"])),
                ("Shared", "false"),
                ("Size", human_bytes(entry["Size"])),
                ("Description", entry["Description"]),
                ("Usage count", str(entry["Uses"])),
                ("Last used", entry["Ago"]),
                ("Type", "regular"),
            )
            sys.stdout.write(_tabbed([(f"{name}:", value) for name, value in fields]) + "\n")
    elif entries:
        rows = [(entry["ID"][:25], _word(entry["Reclaimable"]), human_bytes(entry["Size"]), entry["Ago"]) for entry in entries]
        sys.stdout.write(_tabbed([("ID", "RECLAIMABLE", "SIZE", "LAST ACCESSED"), *rows]))
    free = sum(entry["Size"] for entry in entries if entry["Reclaimable"])
    total = sum(entry["Size"] for entry in entries)
    sys.stdout.write(_tabbed([("Reclaimable:", human_bytes(free)), ("Total:", human_bytes(total))]))


def _word(value: bool) -> str:
    return "true" if value else "false"


def _tabbed(rows: list[tuple[str, ...]]) -> str:
    """Columns as Go's tabwriter sets them with tabs of eight."""
    widths = [max(len(row[column]) for row in rows) // 8 * 8 + 8 for column in range(len(rows[0]))]
    text = ""
    for row in rows:
        for column, cell in enumerate(row):
            last = column == len(row) - 1
            text += cell if last else cell + "\t" * -(-(widths[column] - len(cell)) // 8)
        text += "\n"
    return text


def version(invocation: Invocation) -> None:
    from dockercompat import __version__

    print(f"github.com/docker/buildx v{__version__} pydocker")
