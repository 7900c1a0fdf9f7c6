"""Handlers of `docker build` and its other names."""

from __future__ import annotations

import os
import sys
import time

from dockercompat.errors import BuildFailed, ClientError, RunFailed, StatusOnly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TextIO

    from dockercompat.build.request import Request
    from dockercompat.cli.build_progress import Display
    from dockercompat.cli.invocation import Invocation


def build(invocation: Invocation) -> None:
    from dockercompat.cli import build_progress, build_records, builders, building

    options = invocation.options
    classic = building.is_off(invocation.environ.get("DOCKER_BUILDKIT", ""))
    if classic:
        print(
            "DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n"
            "            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0\n"
            "            environment-variable.\n",
            file=sys.stderr,
        )
    if invocation.remote is not None:
        from dockercompat.cli import remote_building

        remote_building.build(invocation, invocation.remote)
        return
    from dockercompat.build.build import build as verb

    progress = options.progress if options.given("progress") else invocation.environ.get("BUILDKIT_PROGRESS") or options.progress
    call, form = building.call_of("check" if options.check else options.call)
    try:
        if options.quiet and progress not in ("auto", "quiet"):
            raise ClientError(f"ERROR: progress={progress} and quiet cannot be used together")
        if progress not in building.PROGRESS:
            raise BuildFailed(f"invalid progress mode {progress}")
        if not invocation.args[0]:
            raise BuildFailed('please specify build context (e.g. "." for the current directory)')
        request = building.request_of(options, invocation.args[0], invocation.environ, invocation.engine.settings.platform)
    except BuildFailed as error:
        raise ClientError(f"ERROR: failed to build: {error}") from None
    if options.iidfile and any(each.type in ("local", "tar") for each in request.outputs):
        raise ClientError("ERROR: local and tar exporters are incompatible with image ID file")
    builder = builders.Store(invocation.environ).chosen(builders.given(invocation))
    invocation.join()
    display = build_progress.choose(progress, quiet=bool(options.quiet), classic=classic, builder=builder.name)
    if call != "build":
        _call(invocation, request, display, call, form)
        return
    builders.Store(invocation.environ).touch(builder.name)
    display = build_progress.Recorded(display)
    began_ns = time.time_ns()
    try:
        built = verb(invocation.engine, request, display)
    except KeyboardInterrupt:
        display.finish()
        build_records.remember(invocation.engine, request, display, began_ns, "Canceled", "context canceled")
        raise ClientError("ERROR: failed to build: failed to solve: Canceled: context canceled") from None
    except BuildFailed as error:
        display.finish()
        build_records.remember(invocation.engine, request, display, began_ns, "Error", error)
        if not options.quiet and not classic and progress not in ("quiet", "none"):
            sys.stderr.write(display.warnings(error.findings))
        _fail(error, display, classic=classic)
    display.finish()
    build_records.remember(invocation.engine, request, display, began_ns, "Completed", image_id=built.image_id)
    if not options.quiet and not classic and progress not in ("quiet", "none"):
        sys.stderr.write(display.warnings())
    if (options.quiet or progress == "quiet") and not any(each.path == "-" for each in request.outputs):
        print(built.image_id, flush=True)
    if options.iidfile and built.image_id:
        with _created(options.iidfile, "writing image ID file: open ") as file:
            file.write(built.image_id)
    if options.metadata_file:
        _write_metadata(options.metadata_file, built.metadata)
    if classic and built.image_id and not options.quiet:
        print(f"Successfully built {built.image_id.partition(':')[2][:12]}")
        for tag in built.tags:
            from dockercompat.spec.reference import parse

            print(f"Successfully tagged {parse(tag).familiar}")


def _call(invocation: Invocation, request: Request, display: Display, call: str, form: str) -> None:
    """`--call`: what is to be known of a Dockerfile, with nothing built, on standard output."""
    from dockercompat.cli import build_calls

    try:
        status = build_calls.call(invocation.engine, request, display, call, form)
    except BuildFailed as error:
        display.finish()
        sys.stderr.write(display.error_summary())
        raise ClientError(f"ERROR: failed to build: {error}") from None
    if status:
        raise StatusOnly(status)


def _fail(error: BuildFailed, display: Any, *, classic: bool) -> None:
    sys.stdout.flush()
    if classic and isinstance(error, RunFailed):
        print(f"The command '{error.args_text}' returned a non-zero code: {error.status}", file=sys.stderr)
        raise StatusOnly(error.status) from None
    if classic:
        text = error.classic or str(error).removeprefix("failed to solve: ")
        raise ClientError(f"Error response from daemon: {text}") from None
    sys.stderr.write(display.error_summary(error.lines, *error.others))
    raise ClientError(f"ERROR: failed to build: {error}") from None


def _write_metadata(path: str, metadata: Mapping[str, Any]) -> None:
    from dockercompat import json

    with _created(path, "invalid output path: stat ") as file:
        json.dump(metadata, file, indent=2)


def _created(path: str, what: str) -> TextIO:
    """A file for a result, open for writing. Raises ClientError."""
    try:
        return open(path, "w", encoding="utf-8")
    except OSError as error:
        missing = what.startswith("invalid") and not os.path.isdir(os.path.dirname(path) or ".")
        name = os.path.dirname(path) if missing else path
        raise ClientError(f"ERROR: {what}{name}: {(error.strerror or str(error)).lower()}") from None
