"""Handler of `docker buildx bake`."""

from __future__ import annotations

import os
import sys

from dockercompat.errors import BakeFailed, ClientError, HclError, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.build.bake.read import Config, File
    from dockercompat.cli.invocation import Invocation


def bake(invocation: Invocation) -> None:
    from dockercompat.build.bake import read, show
    from dockercompat.build.solving.report import Reporter
    from dockercompat.cli import build_progress, building
    from dockercompat.cli.builders import Store, given

    options = invocation.options
    if options.print and options.list:
        raise ClientError("ERROR: --print and --list are mutually exclusive")
    where, names = _remote(invocation.args)
    names_given = options.file
    from_environment = False
    if not names_given:
        names_given = _files_of_environment(invocation)
        from_environment = bool(names_given)
    progress = options.progress if options.given("progress") else invocation.environ.get("BUILDKIT_PROGRESS") or options.progress
    if progress not in building.PROGRESS:
        raise ClientError(f"ERROR: invalid progress mode {progress}")
    if progress == "tty" and not sys.stderr.isatty():
        raise ClientError("ERROR: failed to get console: provided file is not a console")
    store = Store(invocation.environ)
    builder = store.chosen(given(invocation)) if not (options.print or options.list) else store.require("default")
    settings = [*options.set, *_short_settings(invocation)]
    _check_entitlements(options.allow)
    display = build_progress.choose(progress, quiet=False, classic=False)
    reporter = Reporter(display.report)
    files: list[File] = []
    try:
        if where:
            from dockercompat.cli import bake_remote

            files = bake_remote.read_files(invocation, where, names_given, reporter)
        else:
            files = _read_files(names_given, reporter, from_environment=from_environment)
        if not files:
            raise BakeFailed("couldn't find a bake definition")
        config = read.parse_files(files, _builtins(where, invocation), invocation.environ, os.getcwd())
        if options.list:
            display.finish()
            _list(config, options.list)
            return
        targets, groups = read.read_targets(config, names or ["default"], settings, invocation.environ)
        show.finish(targets, invocation.environ, where)
        show.check(targets, invocation.environ)
        if options.print:
            display.finish()
            print(show.document(targets, groups))
            return
    except BakeFailed as error:
        display.finish()
        _excerpt(error, files)
        raise ClientError(f"ERROR: {error}") from None
    from dockercompat.cli import baking

    store.touch(builder.name)
    baking.build(invocation, targets, groups, display, reporter, progress)


def _remote(args: Sequence[str]) -> tuple[str, list[str]]:
    """A URL that the definitions come from, and the names of targets."""
    from dockercompat.build.bake.show import is_remote

    if args and is_remote(args[0]):
        return args[0], list(args[1:])
    return "", list(args)


def _builtins(where: str, invocation: Invocation) -> dict[str, str]:
    from dockercompat.spec import platform

    context = next((each for each in invocation.args[1:2] if where and "://" in each), "cwd://")
    return {"BAKE_CMD_CONTEXT": context, "BAKE_LOCAL_PLATFORM": str(platform.of_host())}


def _files_of_environment(invocation: Invocation) -> list[str]:
    text = invocation.environ.get("BUILDX_BAKE_FILE")
    if text is None:
        return []
    found = []
    for name in text.split(invocation.environ.get("BUILDX_BAKE_PATH_SEPARATOR") or os.pathsep):
        if not name.strip():
            continue
        if name.strip() != "-" and not os.path.exists(name.strip()):
            raise ClientError(f"ERROR: stat {name.strip()}: no such file or directory")
        found.append(name.strip())
    return found


def _short_settings(invocation: Invocation) -> list[str]:
    """The flags that are short for a --set."""
    options = invocation.options
    found = []
    if options.push:
        found.append("*.push=true")
    if options.load:
        found.append("*.load=true")
    call = "check" if options.check else options.call.partition(",")[0]
    if call not in ("", "build"):
        found.append(f"*.call={'lint' if call == 'check' else call}")
    for name in ("no_cache", "pull"):
        if options.given(name):
            found.append(f"*.{name.replace('_', '-')}={'true' if getattr(options, name) else 'false'}")
    for kind in ("sbom", "provenance"):
        text = getattr(options, kind)
        if text:
            found.append(f"*.attest={_attestation(kind, text)}")
    return found


def _attestation(kind: str, text: str) -> str:
    from dockercompat.build.bake.entries import parse_bool

    try:
        return f"type={kind},disabled={'false' if parse_bool(text) else 'true'}"
    except HclError:
        return f"type={kind},{text}"


def _check_entitlements(allowed: Sequence[str]) -> None:
    for text in allowed:
        name = text.partition("=")[0]
        if text not in ("network.host", "security.insecure", "ssh", "buildx.local.delete") and name not in (
            "fs", "fs.read", "fs.write", "image", "image.load", "image.push",
        ):  # fmt: skip
            raise ClientError(f'ERROR: unknown entitlement key "{name}"')


def _read_files(names: Sequence[str], reporter: object, *, from_environment: bool) -> list[File]:
    from dockercompat.build.bake.read import DEFAULT_FILES, File
    from dockercompat.build.request import human_bytes
    from dockercompat.build.solving.report import Reporter

    assert isinstance(reporter, Reporter)
    found = []
    failure = ""
    with reporter.step("[internal] load local bake definitions" + (" from BUILDX_BAKE_FILE env" if from_environment else "")) as step:
        for given in names or DEFAULT_FILES:
            name = given.removeprefix("cwd://")
            try:
                if name == "-":
                    data = sys.stdin.buffer.read()
                    step.log(f"reading from stdin {human_bytes(len(data))} done" if data else "reading from stdin done")
                else:
                    with open(name, "rb") as file:
                        data = file.read()
                    size = human_bytes(len(data))
                    step.log(f"reading {name} {size} / {size} done" if data else f"reading {name} done")
            except FileNotFoundError as error:
                if not names:
                    continue
                step.log(f"reading {name} done")
                failure = f"open {sentence(error)}"
                break
            except IsADirectoryError:
                step.log(f"reading {name} 0B / {human_bytes(os.stat(name).st_size)} done")
                failure = f"read {name}: is a directory"
                break
            except OSError as error:
                failure = f"open {sentence(error)}"
                break
            if data:
                found.append(File(name, data.decode("utf-8", "replace")))
    if failure:
        raise BakeFailed(failure)
    return found


def _excerpt(error: BakeFailed, files: Sequence[File]) -> None:
    """The lines of the definition that an error is about."""
    from dockercompat.cli.build_progress import excerpt

    for file in files:
        if error.file in (file.name, f"{file.name}.hcl", f"{file.name}.json"):
            sys.stderr.write(excerpt(error.file, tuple(file.text.split("\n")), error.lines))
            return


def _list(config: Config, text: str) -> None:
    from dockercompat.build.bake import entries, show

    kind, form = text, "table"
    if "," in text or text.startswith("type="):
        kind = ""
        for field in entries.fields_of(text):
            key, equals, value = field.partition("=")
            if not equals:
                raise BakeFailed(f"invalid value {field}")
            if key.strip().lower() == "type":
                kind = value
            elif key.strip().lower() == "format":
                form = value
            else:
                raise BakeFailed(f"unexpected key '{key.strip().lower()}' in '{field}'")
    if kind not in ("targets", "variables"):
        raise BakeFailed(f'invalid list type "{kind}"')
    if form not in ("table", "json"):
        raise BakeFailed(f'invalid list format "{form}"')
    rows = show.target_rows(config) if kind == "targets" else show.variable_rows(config.variables)
    if form == "json":
        print(show.json_text(rows, "", sorted_below=9) if rows or kind == "variables" else "null")
    elif kind == "targets":
        _table([("TARGET", "DESCRIPTION"), *((row["name"], row.get("description", "")) for row in rows)])
    else:
        shown = [(row["name"], row.get("type", ""), row.get("value", "<null>"), row.get("description", "")) for row in rows]
        _table([("VARIABLE", "TYPE", "VALUE", "DESCRIPTION"), *shown])


def _table(rows: list[tuple[str, ...]]) -> None:
    """Columns as Go's tabwriter sets them with tabs of eight and a padding of one."""
    widths = [(max(len(row[column]) for row in rows) + 1 + 7) // 8 * 8 for column in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell + "\t" * -(-(width - len(cell)) // 8) for cell, width in zip(row, widths)]
        sys.stdout.write("".join(cells) + row[-1] + "\n")
