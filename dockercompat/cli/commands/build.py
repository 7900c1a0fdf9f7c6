"""Handlers of `docker build` and its other names."""

from __future__ import annotations

import sys

from dockercompat.errors import BuildFailed, ClientError, DockerError, RunFailed, StatusOnly, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

    from dockercompat.build.build import Request
    from dockercompat.build.dockerfile.lint import Finding
    from dockercompat.cli.build_progress import Display
    from dockercompat.cli.invocation import Invocation


def build(invocation: Invocation) -> None:
    from dockercompat.build.build import build as verb
    from dockercompat.cli import build_progress, building

    options = invocation.options
    classic = building.is_off(invocation.environ.get("DOCKER_BUILDKIT", ""))
    if classic:
        print(
            "DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n"
            "            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0\n"
            "            environment-variable.\n",
            file=sys.stderr,
        )
    progress = options.progress if options.given("progress") else invocation.environ.get("BUILDKIT_PROGRESS") or options.progress
    try:
        if progress not in building.PROGRESS:
            raise BuildFailed(f"invalid progress mode {progress}")
        request = building.request_of(options, invocation.args[0], invocation.environ, invocation.engine.settings.platform)
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
    if building.pushes(options):
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
